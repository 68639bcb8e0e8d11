# SPDX-License-Identifier: BSD-2-Clause
"""judge: does what an agent reported agree with what a program expects? Pure: no I/O, no clock."""

from lib.agent import brief

# A leak is reported again when one of these is another.
TOLD_ANEW = ("class", "pid", "fd", "holders", "site")
# Short names in the programs' lines -> keys of "evidence".
EVIDENCE = {"enotconn": "getpeername_enotconn"}


def as_word(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def has_function(event, allowed, agent):
    """Is a function in the leak's stack, or was the stack, or its copy, lost and counted as lost?"""
    if event.get("stack") is None and event.get("tid") is not None:
        return agent.owns_up_to_lost_stacks()
    if any(frame.get("function") in allowed for frame in event.get("stack") or []):
        return True
    return event.get("stack_source") in ("fp", "call") and \
        agent.owns_up_to_lost_copy(event["inode"])


def was_tried(event, key, allowed, agent):
    """Is it the call that failed last, or a function on its stack? Or was there no slot for its
    copy, because other programs had them, and was that counted?"""
    tried = event.get("tried")
    if not tried:
        return agent.owns_up_to_lost_tries()
    if key == "tried_call":
        return tried["call"] in allowed
    return any(frame.get("function") in allowed for frame in tried["stack"] or [])


def has_holders(event, allowed):
    """Are its holders, in any order, one of the sets written as PID+PID?"""
    reported = {str(holder["pid"]) for holder in event["holders"]}
    return any(reported == set(pids.split("+")) for pids in allowed)


def has_class(event, allowed, agent):
    """Has it an allowed class, or no class because hooks were skipped and counted as such?"""
    if event.get("class") is None and "never_used" in allowed:
        return agent.owns_up_to_skipped_hooks()
    return has_field(event, "class", allowed)


def has_field(event, key, allowed):
    """Does a leak's field have one of the allowed values?"""
    key = EVIDENCE.get(key, key)
    evidence = event.get("evidence") or {}
    if key not in event and key not in evidence:
        return False
    word = as_word(event[key] if key in event else evidence[key])
    return word in allowed or ("*" in allowed and word != "null")


def for_hooks(expected, kind):
    """The expectations for this kind of hooks, such as "class@fentry|kprobe.multi=..."."""
    plain = {key: allowed for key, allowed in expected.items() if "@" not in key}
    for key, allowed in expected.items():
        name, _, kinds = key.partition("@")
        if kind in kinds.split("|"):
            plain[name] = allowed
    return plain


def wrong_fields(event, expected, agent):
    wrong = []
    for key, allowed in expected.items():
        if key == "function":
            good = has_function(event, allowed, agent)
        elif key.startswith("tried_"):
            good = was_tried(event, key, allowed, agent)
        elif key == "held_by":
            good = has_holders(event, allowed)
        elif key == "class":
            good = has_class(event, allowed, agent)
        else:
            good = has_field(event, key, allowed)
        wrong += [] if good else [key]
    return wrong


class Judgement:
    """`violations` can never become right again; `missing` may still come."""

    def __init__(self):
        self.violations = []
        self.missing = []


def judge(phase, program, agent):
    """Judge what `agent` has reported of `program` in this phase."""
    result = Judgement()
    begin = phase.marks[agent]
    open_leaks = {}
    ended = {}
    for number, event in agent.about(program.pids, program.inodes):
        inode = event["inode"]
        previous = open_leaks.pop(inode, None)
        if event["type"] == "leak":
            open_leaks[inode] = event
        if number < begin:
            continue
        if event["type"] == "resolved":
            ended[inode] = event
        _judge_event(result, phase, event, previous, agent)
    _judge_state(result, phase, open_leaks, ended, agent)
    return result


def _judge_event(result, phase, event, previous, agent):
    inode = event["inode"]
    if event["type"] == "resolved":
        if inode not in phase.resolved:
            result.violations.append("not expected: " + brief(event))
        elif as_word(event.get("reason")) not in phase.resolved[inode]:
            result.violations.append("resolved for another reason: " + brief(event))
        elif not previous:
            result.violations.append("resolved, and never reported: " + brief(event))
    elif inode not in phase.leaks:
        result.violations.append("not expected: " + brief(event))
    elif not has_class(event, for_hooks(phase.leaks[inode], agent.hooks).get("class", []), agent):
        result.violations.append("another class: " + brief(event))
    elif previous and all(previous.get(key) == event.get(key) for key in TOLD_ANEW):
        result.violations.append("reported twice: " + brief(event))


def _judge_state(result, phase, open_leaks, ended, agent):
    for inode, expected in phase.leaks.items():
        event = open_leaks.get(inode)
        if not event:
            result.missing.append(f"no leak inode={inode}")
            continue
        wrong = wrong_fields(event, for_hooks(expected, agent.hooks), agent)
        if wrong:
            result.missing.append(f"wrong {', '.join(wrong)}: {brief(event)}")
    for inode in phase.resolved:
        if inode not in ended:
            result.missing.append(f"not resolved inode={inode}")
