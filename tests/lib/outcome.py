# SPDX-License-Identifier: BSD-2-Clause
"""outcome: how a case ends when it does not simply return, and which skips are allowed."""

import fnmatch
import shutil


class Failure(Exception):
    """The case failed; the message says what was expected and what was seen."""


class Skip(Exception):
    """The case cannot be run here; the message says why."""


# What a host may lack: (case, the reason it then gives). Any other skip fails the suite.
ALLOWED_SKIPS = [
    ("*@*", "hooks of this kind miss calls on this kernel"),  # of tests/vm alone
    ("*@fentry", "this kind of hooks is refused here"),
    ("*@kprobe.multi", "this kind of hooks is refused here"),
    ("calls_collide*", "no choice of process ids here"),
    ("io_uring_*", "io_uring is not available here"),
    ("io_uring_*", "no IORING_OP_SOCKET in this kernel"),
    ("io_uring_bind*", "no IORING_OP_BIND in this kernel"),
    ("compat32*", "no 32-bit system calls in this kernel"),
    ("program32*", "no 32-bit programs in this kernel"),
    ("vsock_*", "no AF_VSOCK in this kernel"),
    ("netlink_audit_*", "no audit in this kernel"),
    ("mptcp_*", "no MPTCP in this kernel"),
    ("*inet6*", "no IPv6"),
    ("*inet6*", "no IPv6 loopback address"),
    ("close_range*", "no close_range in this kernel"),
    ("pidfd_getfd*", "no pidfd_getfd in this kernel"),
    ("*_does_not_answer", "no /dev/fuse on this host"),
    ("runtime_*", "lacks * (make deps FOR=truth)"),
]

# With apt-get packaging/deps.sh and tests/prometheus/unpack.sh have brought these: there nothing
# is skipped for want of a package.
if not shutil.which("apt-get"):
    ALLOWED_SKIPS += [
        ("prometheus_*", "no prometheus and node_exporter on this host"),
        ("dashboard", "no prometheus and node_exporter on this host"),
        ("package_lint", "no lintian and no rpmlint on this host"),
        ("truth_rust", "no rustc on this host"),
        ("truth_go*", "no go on this host"),
        ("truth_python", "no python3 on this host"),
        ("truth_ruby", "no ruby on this host"),
        ("truth_perl", "no perl on this host"),
        ("truth_node", "no nodejs on this host"),
        ("truth_java", "no java on this host"),
        ("truth_java", "no javac on this host"),
        ("package_deb*", "no dpkg-buildpackage on this host"),
        ("package_deb*", "no dh on this host"),
    ]


def skip_is_allowed(name, reason):
    return any(
        fnmatch.fnmatchcase(name, pattern) and fnmatch.fnmatchcase(reason, allowed)
        for pattern, allowed in ALLOWED_SKIPS
    )
