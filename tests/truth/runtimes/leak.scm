; SPDX-License-Identifier: BSD-2-Clause
; Guile: ports of socket that nobody closes.
(use-modules (ice-9 rdelim))

(define (open-one)
  (socket PF_INET SOCK_STREAM 0))

(define (fill count)
  (if (zero? count)
      '()
      (cons (open-one) (fill (- count 1)))))

(display "ready\n")
(force-output)
(read-line)
(define kept (fill 20))
(format #t "leaked ~a\n" (length kept))
(force-output)
(while (not (eof-object? (read-line))))
(display (length kept))
