/* SPDX-License-Identifier: BSD-2-Clause */
/* Losses: the table has each loss of the kernel's counters, and the documents have the table. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/names.h"
#include "lib/text.h"
#include "report/losses.h"

static unsigned int lines_of(const char *name)
{
	unsigned int count = 0;

	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		count += !strcmp(loss->name, name);
	return count;
}

static const struct loss *loss_of(const char *name)
{
	const struct loss *loss = loss_next(NULL);

	while (loss && strcmp(loss->name, name))
		loss = loss_next(loss);
	return loss;
}

static void each_counter_that_is_a_loss_has_a_line(void **state)
{
	(void)state;
	for (int i = 0; i < COUNTER_COUNT; i++) {
		const char *name = counter_name((enum counter)i);
		struct summary summary = { 0 };

		assert_int_equal(lines_of(name), counter_is_loss((enum counter)i));
		if (!counter_is_loss((enum counter)i))
			continue;
		summary.counters[i] = 7;
		for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
			assert_int_equal(loss_count(loss, &summary),
					 strcmp(loss->name, name) ? 0 : 7);
	}
}

static void those_of_user_space_are_found(void **state)
{
	struct summary summary = { .resolver.late = 3, .leaks.ended_not_kept = 5 };

	(void)state;
	assert_int_equal(loss_count(loss_of("resolver_late"), &summary), 3);
	assert_int_equal(loss_count(loss_of("ended_not_kept"), &summary), 5);
	assert_int_equal(loss_count(loss_of("map_full"), &summary), 0);
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		assert_int_equal(lines_of(loss->name), 1);
}

static void read_document(const char *path, char *ret_document, size_t size)
{
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s: run this from the top of the source", path);
	ret_document[fread(ret_document, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* In the table of docs/json.md word for word; by name in docs/metrics.md, beside its family. */
static void the_documents_have_them(void **state)
{
	static const char *const families[] = { [LOSS_STACK] = "\n| `stack_errors_total` ",
						[LOSS_SYMBOLS] = "\n| `symbolize_errors_total` ",
						[LOSS_APART] = NULL };
	static char json[128 * 1024], metrics[64 * 1024];

	(void)state;
	read_document("docs/json.md", json, sizeof(json));
	read_document("docs/metrics.md", metrics, sizeof(metrics));
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss)) {
		_cleanup_text_ struct text row = TEXT_INIT, name = TEXT_INIT;
		const char *family, *found;

		text_addf(&row, "\n| `%s` | %s | %s%s|\n", loss->name, loss->what,
			  loss->remedy ?: "", loss->remedy ? " " : "");
		if (!strstr(json, text_str(&row)))
			fail_msg("docs/json.md lacks the row%s", text_str(&row));
		family = families[loss->kind];
		if (!family)
			continue;
		text_addf(&name, "`%s`", loss->name);
		family = strstr(metrics, family);
		assert_non_null(family);
		found = strstr(family, text_str(&name));
		assert_true(found && found < family + 1 + strcspn(family + 1, "\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counter_that_is_a_loss_has_a_line),
		cmocka_unit_test(those_of_user_space_are_found),
		cmocka_unit_test(the_documents_have_them),
	};

	return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
