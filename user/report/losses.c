/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/losses.h"

#include <stddef.h>

#define AT(member) offsetof(struct summary, member)
#define COUNTER(id) AT(counters) + COUNTER_##id * sizeof(__u64)

#define MORE_SOCKETS "raise --max-sockets"
#define MORE_MEMORY "raise the limits of sockleak's memory, processes and descriptors"

/* In the order of reports. */
static const struct loss losses[] = {
	{ "map_full", "open sockets that are no longer tracked", MORE_SOCKETS, LOSS_DROPPED,
	  COUNTER(MAP_FULL) },
	{ "share_full",
	  "origins of open sockets: their user has its share; a later sweep may find them as of "
	  "unknown origin",
	  MORE_SOCKETS, LOSS_DROPPED, COUNTER(SHARE_FULL) },
	{ "given_up", "reported leaks of the greediest user, of which nothing new is noted",
	  MORE_SOCKETS, LOSS_DROPPED, COUNTER(GIVEN_UP) },
	{ "young_busy", "sockets not tracked: programs of the kernel met at one place at once",
	  NULL, LOSS_DROPPED, COUNTER(YOUNG_BUSY) },
	{ "adopt_full", "sockets of unknown origin not added, counted by each full sweep",
	  MORE_SOCKETS, LOSS_DROPPED, COUNTER(ADOPT_FULL) },
	{ "in_flight_full", "results of calls, because too many threads were inside connect", NULL,
	  LOSS_DROPPED, COUNTER(IN_FLIGHT_FULL) },
	{ "stack_collision", "stacks by frame pointers; only the call is known",
	  "raise --max-stacks", LOSS_STACK, COUNTER(STACK_COLLISION) },
	{ "stack_fault", "stacks by frame pointers, because the memory was not readable", NULL,
	  LOSS_STACK, COUNTER(STACK_FAULT) },
	{ "stack_other", "stacks by frame pointers, because of another error", NULL, LOSS_STACK,
	  COUNTER(STACK_OTHER) },
	{ "refusals_full", "processes at their limit of descriptors, beyond the 256 that are kept",
	  NULL, LOSS_DROPPED, COUNTER(REFUSALS_FULL) },
	{ "no_slot", "whole stacks; they are taken by frame pointers", "raise --snapshots",
	  LOSS_STACK, COUNTER(NO_SLOT) },
	{ "no_slot_share", "whole stacks: their user or call site has its share; the call is known",
	  "raise --snapshots", LOSS_STACK, COUNTER(NO_SLOT_SHARE) },
	{ "no_try_slot", "stacks of failed calls on sockets", "raise --try-stacks or --snapshots",
	  LOSS_STACK, COUNTER(NO_TRY_SLOT) },
	{ "connected_full", "connected sockets whose origin is not kept for --also", MORE_SOCKETS,
	  LOSS_DROPPED, COUNTER(CONNECTED_FULL) },
	{ "holders_full", "further holders of leaked sockets", MORE_SOCKETS, LOSS_DROPPED,
	  COUNTER(HOLDERS_FULL) },
	{ "ring_full", "events sent a sweep late", "raise --ring-size", LOSS_LATE,
	  COUNTER(RING_FULL) },
	{ "descendants_full",
	  "processes of the command that were not watched, beyond 32,768 at once", NULL,
	  LOSS_DROPPED, COUNTER(DESCENDANTS_FULL) },
	{ "exit_unreported", "sockets open when their process ended", "raise --ring-size",
	  LOSS_DROPPED, COUNTER(EXIT_UNREPORTED) },
	{ "exit_unread", "fd tables of ended processes, beyond 1,048,576 descriptors", NULL,
	  LOSS_DROPPED, COUNTER(EXIT_UNREAD) },
	{ "exit_held",
	  "sockets open when their process ended, to which something else referred just then", NULL,
	  LOSS_DROPPED, COUNTER(EXIT_HELD) },
	{ "socket_unreadable", "sockets closed before they were examined", NULL, LOSS_DROPPED,
	  COUNTER(SOCKET_UNREADABLE) },
	{ "dest_unreadable", "destinations of connect, because the address was not readable", NULL,
	  LOSS_DROPPED, COUNTER(DEST_UNREADABLE) },
	{ "left_not_kept", "sockets left open, beyond as many as are listed", MORE_SOCKETS,
	  LOSS_DROPPED, AT(left_not_kept) },
	{ "map_records_lost",
	  "records of what processes map: stacks of short-lived ones lack names", NULL,
	  LOSS_SYMBOLS, AT(map_records_lost) },
	{ "hooks_skipped",
	  "system calls whose hooks the kernel skipped: evidence or origins may be missing", NULL,
	  LOSS_DROPPED, AT(hooks_skipped) },
	{ "leaks_not_accounted", "events, because sockleak had no memory for them", NULL,
	  LOSS_DROPPED, AT(leaks_not_accounted) },
	{ "events_waiting", "events that wait for the next sweep", "raise --ring-size", LOSS_APART,
	  AT(events_waiting) },
	{ "stacks_not_reported",
	  "stacks for 'sockleak scan' and the next run with --pin: no kernel memory", NULL,
	  LOSS_DROPPED, AT(stacks_not_reported) },
	{ "orders_refused", "removals of old stacks from maps: no iterator could be read",
	  MORE_MEMORY, LOSS_DROPPED, AT(orders_refused) },
	{ "growth_not_kept", "growth of sites for the next run with --pin: no kernel memory", NULL,
	  LOSS_DROPPED, AT(growth_not_kept) },
	{ "ended_not_kept", "sites that ended with their process, beyond the 100 that are listed",
	  NULL, LOSS_DROPPED, AT(leaks.ended_not_kept) },
	{ "climbing_left_out", "processes whose descriptors climb, not listed",
	  "raise --max-climbing", LOSS_APART, AT(climbing_left_out) },
	{ "counts_failed", "counts of the descriptors of processes", MORE_MEMORY, LOSS_DROPPED,
	  AT(counts_failed) },
	{ "sweeps_failed", "sweeps that did not read the fd tables completely", NULL, LOSS_APART,
	  AT(sweeps_failed) },
	{ "last_sweep_cut",
	  "full sweeps at the end that a stop cut short: it shows an earlier moment", NULL,
	  LOSS_APART, AT(sweep_counts.cut) },
	{ "cgroups_left_out",
	  "cgroups that match --unit, --machine, --container or --pod, beyond the 1,024 that are "
	  "watched",
	  NULL, LOSS_APART, AT(cgroups_left_out) },
	{ "aims_failed", "sweeps that could not tell the kernel which cgroups to watch", NULL,
	  LOSS_DROPPED, AT(aims_failed) },
	{ "resolver_not_started", "names of stacks, because the resolver could not be started",
	  MORE_MEMORY, LOSS_SYMBOLS, AT(resolver.not_started) },
	{ "resolver_crashed", "names of stacks, because a file made the resolver crash", NULL,
	  LOSS_SYMBOLS, AT(resolver.crashed) },
	{ "resolver_late",
	  "names of stacks, because the resolver took over 5 seconds, or a file system did not "
	  "answer",
	  NULL, LOSS_SYMBOLS, AT(resolver.late) },
	{ "stacks_plain",
	  "names of stacks: symbolization is disabled for this process after a failure", NULL,
	  LOSS_SYMBOLS, AT(resolver.plain) },
	{ "stack_astray",
	  "whole stacks, because code was not known to be mapped; only the call is known", NULL,
	  LOSS_SYMBOLS, AT(stacks_astray) },
	{ "script_fault",
	  "outer functions of scripts in reported stacks, because a frame was not readable", NULL,
	  LOSS_SYMBOLS, AT(scripts_faulted) },
	{ "script_cut",
	  "outer functions of scripts in reported stacks, because the copy had no room for them",
	  "raise --stack-size, and --script-depth if it is set", LOSS_SYMBOLS, AT(scripts_cut) },
	{ "script_not_looked",
	  "functions of scripts in the first stacks of programs, of which too many began at once",
	  NULL, LOSS_SYMBOLS, AT(scripts_not_looked) },
	{ "script_unnamed",
	  "names of functions of scripts: the process has ended, or they are not there any more",
	  NULL, LOSS_SYMBOLS, AT(resolver.unnamed_scripts) },
	{ "stacks_refused", "stacks beyond the 128 MiB of different ones that are kept",
	  "watch less: --class, --comm and the like", LOSS_SYMBOLS, AT(resolver.refused) },
};

const struct loss *loss_next(const struct loss *loss)
{
	loss = loss ? loss + 1 : losses;
	return loss < losses + sizeof(losses) / sizeof(losses[0]) ? loss : NULL;
}

__u64 loss_count(const struct loss *loss, const struct summary *summary)
{
	return *(const __u64 *)((const char *)summary + loss->offset);
}
