#lang racket/base
; SPDX-License-Identifier: BSD-2-Clause
; Racket: a function calls socket() of the C library. Racket's own sockets are connected or bound.
(require ffi/unsafe)

(define c-socket (get-ffi-obj "socket" #f (_fun _int _int _int -> _int)))

(define (open-one)
  (c-socket 2 1 0))

(define (fill count)
  (for/list ([_ (in-range count)])
    (open-one)))

(displayln "ready")
(flush-output)
(void (read-line))
(define kept (fill 20))
(printf "leaked ~a\n" (length kept))
(flush-output)
(let loop ()
  (unless (eof-object? (read-line))
    (loop)))
