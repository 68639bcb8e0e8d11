# SPDX-License-Identifier: BSD-2-Clause
"""judge: what sockleak must say about a socket, by docs/classes.md.

Two witnesses that know nothing of sockleak: the oracle tells what the kernel's system
calls show of the socket now, the journal what was ever done to it. An answer is the
set of the classes that are right; None in it stands for "not reported". It has more
than one member only where docs/classes.md says that the evidence may not be seen.
"""

import ctypes
import errno
import platform
import socket as sockets

from journal import Journal  # noqa: F401  (for those who import the judge)

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK = 1, 2, 10, 16, 17, 40
STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
TCP, MPTCP = 6, 262
SYN_SENT, CLOSE = 2, 7
SYS_KCMP, KCMP_FILES = {"x86_64": 312}.get(platform.machine(), 272), 2
MODELLED = (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK)
HIDDEN_WAYS = ("MADE_HIDDEN", "FIXED")
ACTORS = 48  # at most (journal.h): as many may do something at the same time


class Socket:
    """One that somebody holds now: what the oracle says, and its history."""

    def __init__(self, seen, journal, rounds):
        self.seen = seen
        self.inode = seen["inode"]
        self.family, self.type = seen["domain"], seen["type"]
        self.history = [e for e in journal.of[self.inode] if e.what != "HELD"]
        self.held = [e for e in journal.of[self.inode] if e.what == "HELD"]
        self.holders = set(seen["holders"])
        self._journal = journal
        self._rounds = rounds
        self.made = next(
            (e for e in self.history if e.what in ("MADE", "MADE_HIDDEN", "ACCEPTED", "PAIRED")),
            None,
        )

    def of(self, *whats):
        return [e for e in self.history if e.what in whats]

    @property
    def is_inet(self):
        return self.family in (AF_INET, AF_INET6)

    @property
    def origin_known(self):
        return self.made and self.made.what == "MADE" and not self.was_lost

    @property
    def was_lost(self):
        """In no table while sweeps went by: in a message of SCM_RIGHTS, or in an io_uring."""
        rounds = {e.round for e in self.held}
        return self.made is not None and any(
            r not in rounds for r in range(max(self.made.round, 1), self._rounds)
        )

    @property
    def is_connecting(self):
        if self.is_inet and self.seen["state"] == "connecting":
            return True
        # Elsewhere the oracle goes by the number of the descriptor that a thread waits on, which
        # may have been given to another socket since: the journal knows which one it was.
        begun = {e.tid for e in self.of("CONNECT_BEGUN")}
        return not self.is_inet and bool(begun & self._journal.blocked & self._waits())

    def _waits(self):
        """Threads whose last word on this socket is that they wait for it."""
        last = {e.tid: e.what for e in self.of("CONNECT", "CONNECT_BEGUN")}
        return {tid for tid, what in last.items() if what == "CONNECT_BEGUN"}

    def was_used(self):
        """Was it ever connected, listening, or of use in another way that has ended?"""
        for e in self.history:
            if e.what in ("ACCEPTED", "PAIRED"):
                return True
            if e.what in ("CONNECT", "CONNECT_HIDDEN") and e.result in (0, -errno.EISCONN):
                return True
            if e.what == "LISTEN" and e.result == 0:
                return True
            if e.what == "STATE" and (e.detail or e.result not in (CLOSE, SYN_SENT)):
                return True
            if e.what == "JOINED":
                return True
            if self.is_inet and self.type == DGRAM and e.result >= 0:
                if e.what in ("SENT", "BIND", "BIND_HIDDEN"):
                    return True
        return self.seen["was_open"] or any(map(self.is_sure, self.binds_that_use()))

    def binds_that_use(self):
        """Of sockets that the kernel does not show to be bound: the hooks' word counts."""
        if self.family != AF_PACKET and self.family in MODELLED:
            return []
        return [e for e in self.of("BIND") if e.result == 0]

    def is_bound(self, binds):
        """As docs/classes.md has it. getsockname of TCP goes on to tell the port of a connect
        that failed, so there it is no witness."""
        if self.family == AF_VSOCK or self.type == RAW:
            return any(e.result == 0 for e in binds)
        if self.seen["protocol"] == TCP and self.type == STREAM:
            return any(e.result == 0 for e in self.of("BIND", "BIND_HIDDEN"))
        return self.seen["bound"]

    def connect_failed_and_bound(self):
        """A datagram socket that is bound because its connect failed."""
        return (
            self.is_inet
            and self.type == DGRAM
            and self.seen["bound"]
            and not self.seen["peer"]
            and self.failed_connects()
            and not (
                self.made and any(e.result == 0 and self.is_sure(e) for e in self.of("BIND"))
            )
        )

    def _binding_was_unseen(self):
        """Bound by a connect that failed, or by a send that did: the latter looks like use."""
        if not self.connect_failed_and_bound() and not (
            self.is_inet and self.type == DGRAM and self.of("DISSOLVE")
        ):
            return False
        return bool(
            self.was_lost  # and what was noted of it with it
            or self.of("SENT", "CONNECT_HIDDEN")
            or not all(map(self.is_sure, self.failed_connects()))
        )

    def may_have_been_open(self):
        """Of a dead MPTCP socket neither witness knows what became of its connect."""
        return self.seen["protocol"] == MPTCP and any(
            e.result in (-errno.EINPROGRESS, -errno.EINTR)
            for e in self.of("CONNECT", "CONNECT_HIDDEN", "SENT")
        )

    @property
    def is_maybe_in_use(self):
        if self.seen["state"] == "maybe_in_use" or self.connect_failed_and_bound():
            return True
        return self.family == AF_VSOCK and not self.origin_known

    # ---- What was seen of it ----

    def _is_original(self, event):
        """Does the event go through the descriptor that socket() returned?"""
        if (event.pid, event.fd) != (self.made.pid, self.made.fd):
            return False
        if event.pid in self._journal.tables_of():
            return False
        return not any(
            e.what in ("MADE", "BURST") and (e.pid, e.fd) == (event.pid, event.fd)
            for e in self._journal.events[self._at(self.made) + 1 : self._at(event)]
        )

    def _at(self, event):
        return next(i for i, e in enumerate(self._journal.events) if e is event)

    def is_sure(self, event):
        """Must sockleak have noted it? docs/classes.md, "Evidence that is not seen"."""
        if not self.made or event.result == -errno.EALREADY:  # that is no failure
            return False
        if self.made.what == "MADE" and self._is_original(event):
            return True
        if event.what in ("CONNECT", "CONNECT_BEGUN", "BIND", "DISSOLVE"):
            return event.round > max(self.made.round, 1)  # no full sweep between the first two
        if event.pid in self._journal.tables_of():
            return False
        return any(
            (e.pid, e.fd, e.round) == (event.pid, event.fd, event.round - 1) for e in self.held
        ) and not any(
            e.what in ("MADE", "BURST") and (e.pid, e.fd) == (event.pid, event.fd)
            for e in self._journal.events[: self._at(event)]
        )

    def _class_by(self, events, bound=None):
        if any(e.what in ("CONNECT", "CONNECT_BEGUN") for e in events):
            return "connect_failed"
        binds = [e for e in events if e.what == "BIND"]
        if self.is_bound(binds) if bound is None else bound:
            return "bound_only"
        if binds:
            return "bind_failed"
        if any(e.what == "PEER" and e.result == -errno.ENOTCONN for e in events):
            return "probed"
        return "never_used"

    def classes(self):
        """All that can be right, for one that is not used."""
        if not self.origin_known and not self.was_overlooked():
            return {"unknown_origin"}
        noted = self.failed_connects() + self.of("BIND", "PEER")
        sure = [e for e in noted if self.is_sure(e)]
        seen = [sure, noted] + [sure + [event] for event in noted]
        bound = (False, True) if self._may_be_unbound() else (None,)
        found = {self._class_by(events, b) for events in seen for b in bound}
        unclear = self.was_shared_while_closed() or not self.origin_known
        return found | ({"unknown_origin"} if unclear else set())

    def was_overlooked(self):
        """The root has not seen it in a table, but nobody had taken it out of one."""
        return self.was_lost and self.made.what == "MADE" and not self.of("PASSED", "FIXED")

    def was_shared_while_closed(self):
        """Its only descriptor was about to be closed when a fork or the like made another: the
        hook, which comes before, has forgotten the socket. They stand close together then."""
        forks = ("FORKED", "SHARED", "SPAWNED")
        for closed in self.of("CLOSED"):
            at = self._at(closed)
            for e in self._journal.events[max(at - ACTORS, 0) : at + ACTORS]:
                if e.what in forks and e.pid == closed.pid:
                    return True
                if e.what in ("COPIED", "PASSED", "TAKEN") and e.inode == self.inode:
                    return True
        return False

    def failed_connects(self):
        """The events by which sockleak can know of each: of a blocking one its begin."""
        found, begun = [], {}
        for e in self.of("CONNECT_BEGUN", "CONNECT"):
            if e.what == "CONNECT_BEGUN":
                begun[e.tid] = e
                continue
            began = begun.pop(e.tid, e)
            if e.result not in (0, -errno.EISCONN):
                found.append(began)
        return found + list(begun.values())

    def _may_be_unbound(self):
        """A connect that failed may bind, or take away a port that the kernel chose."""
        return self.seen["protocol"] in (TCP, MPTCP) and any(
            e.result < 0 for e in self.of("CONNECT", "CONNECT_HIDDEN", "SENT")
        )

    def answer(self):
        if self.is_connecting:
            return {None}
        if self.seen["state"] == "in_use" and not self.connect_failed_and_bound():
            return {None}
        if self.may_have_been_open():
            return {None, "unknown_origin"} | self.classes()
        if not self.was_used():
            unseen = self.binds_that_use() or self._binding_was_unseen()
            # A send or connect that fails binds, which is use when the failure was not seen;
            # its end may be out of sight, as below.
            bound = self.of("SENT", "CONNECT_HIDDEN") or not all(
                map(self.is_sure, self.failed_connects())
            )
            if self.is_inet and self.type == DGRAM and bound and self.of("DISSOLVE_HIDDEN"):
                return {None, "unknown_origin"} | self.classes()
            if self.looks_like_a_listener():  # and what is tried on it later is a stranger's
                return {None, "unknown_origin"} | self.classes()
            return self.classes() | ({None} if unseen else set())
        # Once in use, and its end out of sight: of unknown origin then, says the page.
        if (
            self.was_lost
            or self.of("DISSOLVE_HIDDEN")
            or self.was_renewed()
            or self.listened_without_backlog()
            or self.lost_its_peer()
        ):
            bound = {"bound_only"} if self.was_unbound_unseen() else set()
            return {None} | self.classes() | {"unknown_origin"} | bound
        if self.is_inet and self.type == DGRAM and self.failed_connects():
            return {None} | self.classes()
        return {None}

    def was_unbound_unseen(self):
        """A datagram socket whose port was taken away by what no hook sees."""
        bound = any(e.result == 0 for e in self.of("BIND"))
        return self.type == DGRAM and bound and bool(self.of("DISSOLVE_HIDDEN"))

    def was_renewed(self):
        """A dead TCP connection on which connect was called again is new to the kernel."""
        calls = [e for e in self.history if e.what != "SENT" or e.detail]  # MSG_FASTOPEN connects
        whats = ("STATE", "CONNECT", "CONNECT_HIDDEN", "SENT")
        states = [e for e in calls if e.what in whats]
        died_between = (-errno.ECONNRESET, -errno.ECONNABORTED)  # a look and the call
        return not self.seen["was_open"] and any(
            before.what == "STATE" and event.what != "STATE" and event.result < 0
            and (before.result == CLOSE or event.result in died_between)
            and after.what == "STATE" and not after.detail
            for before, event, after in zip(states, states[1:], states[2:])
        )

    def listened_without_backlog(self):
        """That is what tells a former listener from a socket that was never one; of MPTCP
        a part has it that goes with the end."""
        listened = [e for e in self.of("LISTEN") if e.result == 0]
        return bool(listened) and (not listened[-1].detail or self.seen["protocol"] == MPTCP)

    def looks_like_a_listener(self):
        """connect to AF_UNSPEC leaves of a new TCP socket what is left of a former listener, for who
        did not see that call, or has lost what was noted of it."""
        if not self.is_inet or self.seen["protocol"] != TCP:
            return False
        calls = self.of("DISSOLVE")
        lost = self.was_lost or self.was_shared_while_closed() or not all(map(self.is_sure, calls))
        return bool(self.of("DISSOLVE_HIDDEN") or (calls and lost))

    def lost_its_peer(self):
        """A send that finds the peer gone ends a connection of datagrams without a trace."""
        connected = [e for e in self.of("CONNECT", "CONNECT_HIDDEN") if e.result == 0]
        return self.family == AF_UNIX and self.type == DGRAM and bool(connected)

    def reported_before(self, leak):
        """Was the leak reported before the connect that is under way began?"""
        tries = [e for e in self.of("CONNECT", "CONNECT_HIDDEN", "SENT") if e.result != -errno.EALREADY]
        return leak["evidence"]["connect_tries"] < len(tries) + len(self._waits())

    def describe(self):
        names = {v: k for k, v in vars(sockets).items() if k.startswith("AF_")}
        lines = [
            f"inode {self.inode}: {names.get(self.family, self.family)} type {self.type} "
            f"protocol {self.seen['protocol']}, now {self.seen['state']}"
            f"{' and bound' if self.seen['bound'] else ''}, held by {sorted(self.holders)}"
        ]
        return lines + [f"  {event}" for event in self.history]


def is_one_of_each(reported, socket):
    """Has each holder that is not reported the same fd table as one that is?"""
    return reported <= socket.holders and all(
        any(share_table(pid, other) for other in reported) for pid in socket.holders - reported)


def share_table(pid, other):
    return not ctypes.CDLL(None).syscall(SYS_KCMP, pid, other, KCMP_FILES, 0, 0)


def compare(seen, journal, leaks, rounds, holds_back, may_doubt=False, one_of_a_table=False):
    """The differences in words, each with the socket's history; and what is held back.

    seen: the oracle's lines. leaks: inode -> sockleak's last event of each open leak of
    these sockets. may_doubt: hooks were left out, as sockleak says, so a class may not be known.
    one_of_a_table: long tables are shared elsewhere on the host, so of the processes that share one
    sockleak reads the table of one, which is then the only holder (docs/design.md, decision 19).
    Returns (differences, (least, most) that are held back, unclear).
    """
    differences, least, most, unclear = [], 0, 0, 0
    found = {line["inode"]: Socket(line, journal, rounds) for line in seen}
    for inode, socket in found.items():
        answer, leak = socket.answer(), leaks.get(inode)
        said = leak["class"] if leak else None
        if leak and not said:  # one on which nothing was seen
            said = "never_used" if may_doubt else "no class"
        unclear += len(answer) > 1
        if leak and socket.is_inet and socket.is_connecting and socket.reported_before(leak):
            continue  # it stays what it was told to be until the connect ends
        if holds_back and not leak and socket.is_maybe_in_use and answer != {None}:
            least += None not in answer
            most += 1
            continue
        if said not in answer:
            differences.append((words(said, answer), socket))
        elif leak and not leak["other_holders"]:
            reported = {holder["pid"] for holder in leak["holders"]}
            if reported != socket.holders and not (one_of_a_table and is_one_of_each(reported, socket)):
                differences.append((f"holders {sorted(reported)} reported", socket))
    for inode in set(leaks) - set(found):
        differences.append((f"inode {inode} reported, which nobody holds: {leaks[inode]}", None))
    return differences, (least, most), unclear


def words(said, answer):
    right = " or ".join(sorted(c or "nothing" for c in answer))
    return f"sockleak says {said or 'nothing'}, right is {right}"


def never_leaks(journal):
    """Sockets that were in use from birth, and never anything else."""
    return {
        inode
        for inode, events in journal.of.items()
        if any(e.what == "PAIRED" for e in events)
        and not any(e.what.startswith("DISSOLVE") for e in events)
    }
