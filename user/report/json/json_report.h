/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_report: leaks and summaries as JSON Lines. The format is a contract, documented in
 * docs/json.md and checked by tests/schema/: a field may be added, none may change its meaning or
 * disappear. Values that are not known are null, never 0 or "".
 */
#ifndef SOCKLEAK_JSON_REPORT_H
#define SOCKLEAK_JSON_REPORT_H

#include "leaks/leaks.h"
#include "leaks/refusals.h"
#include "lib/text.h"
#include "report/report.h"

/*
 * The code of the last leak that was written, and its bytes: the site, the culprit and the stack.
 * Most leaks have the same as the leak before, and it is more than half of a line. Begins as { 0 }.
 */
struct json_last_code {
	struct stack *stack; /* a reference; NULL = none is kept */
	struct owner *owner; /* a reference; the culprit also depends on its executable */
	struct text bytes;
};

void json_last_code_clear(struct json_last_code *last);

/*
 * Add one line about a leak: "leak" when it was opened or changed, "resolved" when it ended. Only
 * the clock of the summary (now_ns, wall_offset_ns) is read. `last` is kept from call to call; with
 * NULL all is written anew. Out of memory shows in text_error(out).
 */
void json_leak(struct text *out, const struct leak *leak, enum leaks_change change,
	       const struct summary *summary, struct json_last_code *last);

/*
 * Add one line, "at_limit": calls of socket() begin to fail in this process, for want of a
 * descriptor.
 */
void json_limit(struct text *out, const struct limited *limited, const struct summary *summary);

/*
 * Add one line, "summary", about the run so far, with the processes of the `top` worst
 * sites, whether they leak or not, and the `top` worst that have ended with their processes.
 */
void json_summary(struct text *out, struct leaks *leaks, const struct summary *summary,
		  unsigned int top);

#endif /* SOCKLEAK_JSON_REPORT_H */
