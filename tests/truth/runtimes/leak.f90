! SPDX-License-Identifier: BSD-2-Clause
! Fortran: a subroutine calls socket() of the C library.
module pool
  use iso_c_binding
  implicit none
  interface
    function c_socket(family, kind, protocol) bind(c, name="socket")
      import :: c_int
      integer(c_int), value :: family, kind, protocol
      integer(c_int) :: c_socket
    end function
  end interface
  integer(c_int) :: last
contains
  subroutine open_one()
    last = c_socket(2, 1, 0) ! leaks here
  end subroutine

  subroutine fill(count)
    integer, intent(in) :: count
    integer :: i
    do i = 1, count
      call open_one()
    end do
  end subroutine
end module

program leak
  use pool
  implicit none
  character(80) :: line
  integer :: status
  print "(a)", "ready"
  flush (6)
  read (*, "(a)", iostat=status) line
  call fill(20)
  print "(a)", "leaked 20"
  flush (6)
  do while (status == 0)
    read (*, "(a)", iostat=status) line
  end do
end program
