/* SPDX-License-Identifier: BSD-2-Clause */
/* exposition: how a family, a label and a value are written. */
#include "metrics_fixture.h"

static void a_label_is_cut_at_a_character(void **state)
{
	_cleanup_text_ struct text label = TEXT_INIT, twice = TEXT_INIT;
	char value[600] = "";

	(void)state;
	for (int i = 0; i < 255; i++)
		strcat(value, "\xc3\xa4");
	label_add(&label, "a", value);
	assert_int_equal(label.len, 256 + 4);
	memmove(value + 1, value, strlen(value) + 1);
	value[0] = 'x';
	label_add(&twice, "a", value);
	assert_int_equal(twice.len, 255 + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_label_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
