/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_parts: values that the parts of json_report.h share. Values that are not known are null. For
 * these parts alone.
 */
#ifndef SOCKLEAK_JSON_PARTS_H
#define SOCKLEAK_JSON_PARTS_H

#include "leaks/growth/forecast.h"
#include "lib/json.h"
#include "report/json/json_report.h"
#include "report/report.h"
#include "stacks/stack.h"

void put_known_u64(struct json *json, const char *key, __u64 value, bool known);
void put_known_string(struct json *json, const char *key, const char *value);
/* NULL for an empty one. */
const char *known_or_null(const char *string);
/* A point in boot time as a date. */
void put_date(struct json *json, const char *key, __u64 ns, const struct summary *summary,
	      bool known);
void put_comm(struct json *json, const char *key, const char comm[SOCKLEAK_COMM_LEN], bool known);
/* "fds_open" and "fds_limit". */
void put_fds(struct json *json, const struct forecast *fds);
/*
 * "site"; "culprit" and "package"; "stack" and what is said of it. The stack may be NULL, and the
 * owner of the process that it is of.
 */
void put_site(struct json *json, const struct stack *stack);
void put_culprit(struct json *json, const struct stack *stack, const struct owner *owner);
void put_stack(struct json *json, const struct stack *stack);
/* All three, as the bytes of the last leak where they are the same. The owner is not NULL. */
void put_code(struct json *json, struct stack *stack, struct owner *owner,
	      struct json_last_code *last);
/* "tried": where the last call on it failed, null when that is not known. */
void put_tried(struct json *json, const struct tried *tried);

/* "unit", "machine", "container", "pod"; the owner may be NULL. */
void put_workload(struct json *json, const struct owner *owner);

/* "climbing" of the summary. */
void put_climbing(struct json *json, const struct summary *summary);
/* "at_limit" and "host_files" of the summary. */
void put_at_limit(struct json *json, const struct summary *summary);

/* "ways" of the summary: of the worst `top` sites. */
void put_ways(struct json *json, struct leaks *leaks, const struct summary *summary,
	      unsigned int top);

/* "processes" of the summary of a scan: what each holds, at most `top` of them. */
void put_processes(struct json *json, struct leaks *leaks, const struct summary *summary,
		   unsigned int top);

/* The member "tables". */
void put_tables(struct json *json, const struct summary *summary);

#endif /* SOCKLEAK_JSON_PARTS_H */
