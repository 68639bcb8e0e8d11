--  SPDX-License-Identifier: BSD-2-Clause
--  Ada: sockets of GNAT.Sockets that nobody closes.
with Ada.Text_IO;
with GNAT.Sockets;

procedure Leak is
   package Pool is
      procedure Open_One;
      pragma No_Inline (Open_One);
      procedure Fill (Count : Positive);
      pragma No_Inline (Fill);
   end Pool;

   package body Pool is
      procedure Open_One is
         Socket : GNAT.Sockets.Socket_Type;
      begin
         GNAT.Sockets.Create_Socket (Socket); --  leaks here
      end Open_One;

      procedure Fill (Count : Positive) is
      begin
         for I in 1 .. Count loop
            Open_One;
         end loop;
      end Fill;
   end Pool;
begin
   Ada.Text_IO.Put_Line ("ready");
   Ada.Text_IO.Flush;
   Ada.Text_IO.Skip_Line;
   Pool.Fill (20);
   Ada.Text_IO.Put_Line ("leaked 20");
   Ada.Text_IO.Flush;
   while not Ada.Text_IO.End_Of_File loop
      Ada.Text_IO.Skip_Line;
   end loop;
end Leak;
