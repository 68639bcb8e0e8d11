/* SPDX-License-Identifier: BSD-2-Clause */
/* view: what keys do to the live table. */
#include "report_fixture.h"

#include "watch/output/keyboard.h"
#include "watch/output/view.h"

/* Three sites: of few sockets that are old, of some, and of many that are young. */
static struct leaks *three_sites(void)
{
	static const struct {
		__u64 site;
		unsigned int open, age_s;
		const char *comm;
	} sites[] = { { 1, 1, 300, "old" }, { 2, 2, 60, "some" }, { 3, 5, 10, "many" } };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	__u64 inode = 0;

	leaks__begin(leaks, NOW - 400 * SECOND);
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		for (unsigned int n = 0; n < sites[i].open; n++) {
			struct event event = a_event(++inode, sites[i].comm);
			struct owner *owner = owner_new(NULL, NULL, NULL);
			struct stack *stack = a_stack(sites[i].comm);

			stack->site = sites[i].site;
			event.tgid = event.socket.tgid = 100 + (__u32)i;
			event.socket.since_ns = NOW - sites[i].age_s * SECOND;
			assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
			owner_unref(owner);
			stack_unref(stack);
		}
	}
	leaks__tick(leaks, NOW);
	return leaks;
}

/* The comms of the table in their order, "old some many"; and the mark, "some*". */
static void expect_table(struct view *view, struct leaks *leaks, const char *wanted)
{
	_cleanup_text_ struct text table = TEXT_INIT;
	struct text_layout layout = { .top = 10 };

	assert_int_equal(view_arrange(view, leaks, &layout), 0);
	for (long i = 0; i < layout.n_order; i++)
		text_addf(&table, "%s%s%s", i ? " " : "", layout.order[i]->comm,
			  layout.order[i] == layout.selected ? "*" : "");
	assert_string_equal(text_str(&table), wanted);
}

static void keys_sort(void **state)
{
	struct leaks *leaks = three_sites();
	struct view view = { 0 };
	struct text_layout layout = { 0 };
	const char *first;

	(void)state;
	assert_int_equal(view_arrange(&view, leaks, &layout), 0);
	first = layout.order[0]->comm;
	assert_int_equal(view_key(&view, 's'), VIEW_REDRAW);
	expect_table(&view, leaks, "many some old");
	assert_int_equal(view_key(&view, 's'), VIEW_REDRAW); /* by rate */
	assert_int_equal(view_key(&view, 's'), VIEW_REDRAW);
	expect_table(&view, leaks, "old some many");
	assert_int_equal(view_key(&view, 's'), VIEW_REDRAW);
	assert_int_equal(view_arrange(&view, leaks, &layout), 0);
	assert_string_equal(layout.order[0]->comm, first); /* as the report has them */
	view_free(&view);
	leaks__free(leaks);
}

/* The mark stays with its site, wherever that goes, and not with a row. */
static void keys_select(void **state)
{
	struct leaks *leaks = three_sites();
	struct view view = { .sort = VIEW_SORT_OPEN };

	(void)state;
	expect_table(&view, leaks, "many some old");
	assert_int_equal(view_key(&view, KEY_DOWN), VIEW_REDRAW);
	expect_table(&view, leaks, "many* some old");
	assert_int_equal(view_key(&view, 'j'), VIEW_REDRAW);
	expect_table(&view, leaks, "many some* old");
	view.sort = VIEW_SORT_OLDEST;
	expect_table(&view, leaks, "old some* many");
	assert_int_equal(view_key(&view, KEY_UP), VIEW_REDRAW);
	expect_table(&view, leaks, "old* some many");
	assert_int_equal(view_key(&view, 'k'), VIEW_NOTHING); /* it is the first */
	expect_table(&view, leaks, "old* some many");
	view_free(&view);
	leaks__free(leaks);
}

static void enter_shows_the_stack(void **state)
{
	struct leaks *leaks = three_sites(), *none = leaks__new(~0U, SECOND, ignore, NULL);
	struct view view = { .sort = VIEW_SORT_OPEN };
	struct text_layout layout = { 0 };

	(void)state;
	expect_table(&view, leaks, "many some old");
	assert_int_equal(view_key(&view, KEY_ENTER), VIEW_REDRAW);
	expect_table(&view, leaks, "many* some old");
	assert_int_equal(view_arrange(&view, leaks, &layout), 0);
	assert_true(layout.only_selected);
	/* The site has gone: there is the table again. */
	assert_int_equal(view_arrange(&view, none, &layout), 0);
	assert_false(layout.only_selected);
	assert_null(layout.selected);
	assert_int_equal(view_key(&view, KEY_ENTER), VIEW_NOTHING);
	view_free(&view);
	leaks__free(leaks);
	leaks__free(none);
}

static void other_keys(void **state)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct view view = { 0 };

	(void)state;
	assert_int_equal(view_key(&view, 'x'), VIEW_NOTHING);
	assert_int_equal(view_key(&view, KEY_OTHER), VIEW_NOTHING);
	assert_int_equal(view_key(&view, 'q'), VIEW_QUIT);
	view_add_keys(&view, &line);
	assert_string_equal(text_str(&line), "q quit  s sort (worst first)  f freeze  "
					     "arrows select  Enter stack");
	text_clear(&line);
	assert_int_equal(view_key(&view, 'f'), VIEW_REDRAW);
	assert_true(view.is_frozen);
	view_add_keys(&view, &line);
	assert_non_null(strstr(text_str(&line), "FROZEN"));
	assert_true(line.len <= 80);
	assert_int_equal(view_key(&view, ' '), VIEW_REDRAW);
	assert_false(view.is_frozen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_sort),
		cmocka_unit_test(keys_select),
		cmocka_unit_test(enter_shows_the_stack),
		cmocka_unit_test(other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
