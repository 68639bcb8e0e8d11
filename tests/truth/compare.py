# SPDX-License-Identifier: BSD-2-Clause
"""compare: one stack as gdb and as sockleak see it, frame by frame.

Frame i agrees when both have the same program counter there and the same function; where
gdb has no name, the program counter and the module decide. gdb's inlined frames are
compared only when sockleak tells inlined frames too, else they are counted.
"""

import dataclasses
import os

from truth import names

COUNTS = ("gdb", "sockleak", "agree", "helped", "helped_agree", "tailcalls", "unnamed")
COUNTS += ("inlined", "inlined_agree", "inlined_reported", "missing", "silent")


@dataclasses.dataclass
class Result:
    gdb: int = 0  # frames that gdb has, without the inlined
    sockleak: int = 0
    agree: int = 0
    helped: int = 0  # frames that gdb has after a step by frame pointer where it was lost
    helped_agree: int = 0
    missing: int = 0  # outer frames that sockleak does not have
    silent: int = 0  # stacks that lack frames and do not say that they are truncated
    tailcalls: int = 0  # gdb's, which jumped on and left no return address
    inlined: int = 0  # gdb's
    inlined_agree: int = 0
    inlined_reported: int = 0  # sockleak's
    unnamed: int = 0  # of those that agree: gdb has no name there
    truncated: bool = False  # sockleak says, or shows, that its stack is not all of it
    sources: set = dataclasses.field(default_factory=set)
    differences: list = dataclasses.field(default_factory=list)

    def add(self, other):
        for field in COUNTS:
            setattr(self, field, getattr(self, field) + getattr(other, field))
        self.truncated |= other.truncated
        self.sources |= other.sources
        self.differences += other.differences

    def share(self):
        return self.agree / self.gdb if self.gdb else 0.0


def path_of(frame, pid):
    """The file of a frame of sockleak's, as this process can open it: by the path that its process
    sees, or, of a plain chroot, by the one that we see."""
    module = frame["module"] or ""
    paths = (f"/proc/{pid}/root{module}", module, f"/proc/{pid}/exe")
    return next(path for path in paths if os.path.exists(path) or path == paths[-1])


def same_function(theirs, ours, pid):
    """(agree, did a name decide it?)"""
    if theirs["kind"] == "signal" and theirs["function"] != ours["function"]:
        return ours["function"] in (None, "__restore_rt"), False
    if not theirs["function"]:
        return True, False
    if not ours["function"]:
        return False, True
    one, other = names.normal(theirs["function"]), names.normal(ours["function"])
    if other and other in (one, names.normal(theirs["linker_name"] or "")):
        return True, True
    if names.is_encoded(theirs["function"], other):
        return True, True
    return names.aliases(path_of(ours, pid), ours["build_id"], one, other), True


def describe(theirs, ours):
    def text(function, pc):
        return f"{function or '??'}@{pc:#x}"

    left = text(theirs["function"], theirs["pc"]) if theirs else "nothing"
    right = "nothing"
    if ours:
        right = text(ours["function"], int(ours["pc"], 16))
        right += f" ({os.path.basename(ours['module'] or 'no module')})"
    return f"gdb {left}, sockleak {right}"


def with_inlined_reported(stack):
    """Where a frame does not say whether it is inlined: so is one at the next one's address."""
    reported = []
    for frame, outer in zip(stack, stack[1:] + [None]):
        same_place = bool(outer) and outer["pc"] == frame["pc"]
        guess = same_place and outer["function"] != frame["function"]  # else a recursion
        reported.append({"inlined": guess, **frame})
    return reported


def compare(gdb_frames, leak, pid):
    native = [frame for frame in leak["stack"] or [] if frame["kind"] == "native"]
    stack = with_inlined_reported(native)
    ours = [frame for frame in stack if not frame["inlined"]]
    theirs = [frame for frame in gdb_frames if frame["kind"] in ("normal", "signal")]
    result = Result(sockleak=len(ours), sources={leak["stack_source"]})
    result.tailcalls = sum(frame["kind"] == "tailcall" for frame in gdb_frames)
    result.missing = max(0, len(theirs) - len(ours))
    reported = leak.get("stack_truncated", result.missing > 0)
    result.truncated = bool(reported)
    result.silent = int(result.missing > 0 and not reported)
    if reported and not result.missing:
        result.differences.append("truncated, says sockleak, but gdb has no more frames")
    for number, frame in enumerate(theirs):
        mine = ours[number] if number < len(ours) else None
        agree = by_name = False
        if mine and int(mine["pc"], 16) == frame["pc"]:
            agree, by_name = same_function(frame, mine, pid)
        if frame.get("helped"):
            result.helped += mine is not None
            result.helped_agree += agree
        else:
            result.gdb += 1
            result.agree += agree
        result.unnamed += agree and not by_name
        if not agree:
            result.differences.append(f"#{number}: {describe(frame, mine)}")
    compare_inlined(result, gdb_frames, stack)
    return result


def compare_inlined(result, gdb_frames, stack):
    """Inlined frames belong to the first frame behind them that is a real one."""
    groups = [inlined_groups(gdb_frames, lambda frame: frame["kind"] == "inline")]
    groups.append(inlined_groups(stack, lambda frame: frame["inlined"]))
    result.inlined, result.inlined_reported = (sum(map(len, group)) for group in groups)
    for theirs, ours in zip(*groups):  # from the outer end: gdb 18 leaves out inner ones of GCC 16
        agree = sum(map(same_inlined, reversed(theirs), reversed(ours)))
        result.inlined_agree += agree
        if ours and not agree == len(theirs) == len(ours):
            result.differences.append(f"inlined: gdb {theirs}, sockleak {ours}")


def same_inlined(theirs, ours):
    """With namespaces and classes, where gdb tells them: not of a lambda, nor of a Rust impl."""
    if "{impl#" in theirs or "::" not in theirs:
        return names.last_part(theirs) == names.last_part(ours)
    return names.normal(theirs) == names.normal(ours)


def inlined_groups(frames, is_inlined):
    groups, group = [], []
    for frame in frames:
        if frame.get("kind") == "tailcall":
            continue
        if is_inlined(frame):
            group.append(frame["function"] or "")
        else:
            groups.append(group)
            group = []
    return groups
