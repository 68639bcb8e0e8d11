# SPDX-License-Identifier: BSD-2-Clause
"""jail: runs a command with what the unit lets sockleak do, without systemd. Also a program:

    jail.py COMMAND...    as another user with the unit's capabilities, no new ones, its
                          system calls alone (others fail with EPERM), no memory that is
                          written and then run, no sockets but those it names

What needs systemd's mounts (ProtectSystem= and the like) is not here.
"""

import ctypes
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from lib import unit_file  # noqa: E402

PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NOT_EQUAL, EPERM, EAFNOSUPPORT = 1, 1, 97
AF_UNIX = 1
NOBODY = "65534"


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def confine():
    """Restrict this process and what it runs."""
    if unit_file.settings()["RestrictAddressFamilies"] != ["AF_UNIX"]:
        sys.exit("jail.py knows AF_UNIX alone")
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ERRNO | EPERM)))
    for name in unit_file.system_calls() - {"socket"}:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # else it is of another architecture
            library.seccomp_rule_add_array(rules, ctypes.c_uint32(ALLOW), number, 0, None)
    number = library.seccomp_syscall_resolve_name(b"socket")
    for how, action in ((NOT_EQUAL, ERRNO | EAFNOSUPPORT), (4, ALLOW)):
        only = (Comparison * 1)(Comparison(0, how, AF_UNIX, 0))
        library.seccomp_rule_add_array(rules, ctypes.c_uint32(action), number, 1, only)
    process = ctypes.CDLL(None, use_errno=True)
    process.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    process.prctl(PR_SET_MDWE, 1, 0, 0, 0)  # from Linux 6.3 on
    if library.seccomp_load(rules):
        sys.exit("cannot load the filter of system calls")


def main():
    capabilities = "-all," + ",".join("+" + name for name in unit_file.capabilities())
    confine()
    os.execvp("setpriv", [
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
        f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}",
        f"--bounding-set={capabilities}", *sys.argv[1:],
    ])


if __name__ == "__main__":
    main()
