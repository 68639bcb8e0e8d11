; SPDX-License-Identifier: BSD-2-Clause
; SBCL: sockets of sb-bsd-sockets that nobody closes.
(require :sb-bsd-sockets)

(defvar *kept* nil)

(declaim (notinline open-one fill-pool))

(defun open-one ()
  (push (make-instance 'sb-bsd-sockets:inet-socket :type :stream :protocol :tcp) *kept*))

(defun fill-pool (count)
  (dotimes (i count)
    (open-one)))

(format t "ready~%")
(finish-output)
(read-line)
(fill-pool 20)
(format t "leaked ~d~%" (length *kept*))
(finish-output)
(loop while (read-line *standard-input* nil))
(sb-ext:exit :abort t)
