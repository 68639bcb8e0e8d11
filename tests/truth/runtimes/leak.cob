      * SPDX-License-Identifier: BSD-2-Clause
      * COBOL: a paragraph calls socket() of the C library.
       identification division.
       program-id. leak.
       data division.
       working-storage section.
       01 answer pic x(80).
       01 n pic 99.
       procedure division.
       main section.
           display "ready"
           accept answer
           perform open-one varying n from 1 by 1 until n > 20
           display "leaked 20"
           accept answer
           call "pause"
           stop run.
       open-one section.
           call "socket" using by value 2 by value 1 by value 0
           end-call.
