/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * junit: the result of `run` for CI servers: JUnit's XML, as Jenkins, GitLab and the reporters of
 * GitHub read it (https://github.com/testmoapp/junitxml describes what they have in common). One
 * test suite, "sockleak"; a failed test case for each site, with its stack; or one that passed.
 * Makes text only.
 */
#ifndef SOCKLEAK_JUNIT_H
#define SOCKLEAK_JUNIT_H

#include "leaks/leaks.h"
#include "lib/text.h"
#include "report/report.h"

/* Add the document; summary->run is not NULL. Out of memory shows in text_error(out). */
void junit_report(struct text *out, struct leaks *leaks, const struct summary *summary);

/*
 * Add a string as the content of an element or of an attribute in double quotes. What XML 1.0 does
 * not allow is escaped as text_add_clean() does; newlines stay with `lines`.
 */
void junit_add_escaped(struct text *out, const char *string, bool lines);

#endif /* SOCKLEAK_JUNIT_H */
