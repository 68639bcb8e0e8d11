/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "watch/output/keyboard.h"

static const char *const sort_names[VIEW_SORTS] = {
	[VIEW_SORT_WORST] = "worst first",
	[VIEW_SORT_OPEN] = "most open",
	[VIEW_SORT_RATE] = "fastest",
	[VIEW_SORT_OLDEST] = "oldest",
};

static int by_open(const void *a, const void *b)
{
	const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;

	return (x->open < y->open) - (x->open > y->open);
}

static int by_rate(const void *a, const void *b)
{
	const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;

	if (x->rate.known != y->rate.known)
		return x->rate.known ? -1 : 1;
	return x->rate.known ? (x->rate.per_minute < y->rate.per_minute) -
				       (x->rate.per_minute > y->rate.per_minute) :
			       0;
}

/* A leak that is not open any more has no age, and comes last. */
static int by_age(const void *a, const void *b)
{
	const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;

	if (!x->oldest_ns || !y->oldest_ns)
		return !x->oldest_ns - !y->oldest_ns;
	return (x->oldest_ns > y->oldest_ns) - (x->oldest_ns < y->oldest_ns);
}

static bool is_ended(const struct site *site)
{
	return site->ended.processes != 0;
}

static bool is_selected(const struct view *view, const struct site *site)
{
	return view->has_selected && view->id == site->id && view->is_ended == is_ended(site) &&
	       !memcmp(view->comm, site->comm, sizeof(view->comm));
}

static void select_site(struct view *view, const struct site *site)
{
	view->has_selected = true;
	view->id = site->id;
	view->is_ended = is_ended(site);
	memcpy(view->comm, site->comm, sizeof(view->comm));
}

/* The number of the selected site in the table; -1: none, or it has gone. */
static long selected_at(const struct view *view)
{
	long i = view->count;

	while (i-- && !is_selected(view, view->order[i]))
		;
	return i;
}

int view_arrange(struct view *view, struct leaks *leaks, struct text_layout *layout)
{
	static int (*const orders[VIEW_SORTS])(const void *, const void *) = {
		[VIEW_SORT_OPEN] = by_open,
		[VIEW_SORT_RATE] = by_rate,
		[VIEW_SORT_OLDEST] = by_age,
	};
	struct site *const *sites;
	long count = leaks__listed(leaks, layout->verbose, &sites), selected;
	struct site **order;

	if (count < 0)
		return (int)count;
	order = reallocarray(view->order, (size_t)count + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;
	view->order = order;
	view->count = count;
	if (count)
		memcpy(order, sites, (size_t)count * sizeof(*order));
	if (orders[view->sort])
		qsort(order, (size_t)count, sizeof(*order), orders[view->sort]);
	selected = selected_at(view);
	if (selected < 0)
		view->has_selected = view->shows_stack = false;
	layout->order = order;
	layout->n_order = count;
	layout->selected = selected < 0 ? NULL : order[selected];
	layout->only_selected = view->shows_stack;
	return 0;
}

/* The next site, or the one before; from none the first. */
static enum view_effect move(struct view *view, long step)
{
	long at = selected_at(view);

	at = at < 0 ? 0 : at + step;
	if (at < 0 || at >= view->count)
		return VIEW_NOTHING;
	select_site(view, view->order[at]);
	return VIEW_REDRAW;
}

static enum view_effect toggle_stack(struct view *view)
{
	if (!view->count)
		return VIEW_NOTHING;
	if (selected_at(view) < 0)
		select_site(view, view->order[0]);
	view->shows_stack = !view->shows_stack;
	return VIEW_REDRAW;
}

enum view_effect view_key(struct view *view, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return VIEW_QUIT;
	case 's':
		view->sort = (view->sort + 1) % VIEW_SORTS;
		return VIEW_REDRAW;
	case 'f':
	case ' ':
		view->is_frozen = !view->is_frozen;
		return VIEW_REDRAW;
	case 'j':
	case KEY_DOWN:
		return move(view, 1);
	case 'k':
	case KEY_UP:
		return move(view, -1);
	case KEY_ENTER:
		return toggle_stack(view);
	default:
		return VIEW_NOTHING;
	}
}

void view_add_keys(const struct view *view, struct text *line)
{
	text_addf(line, "q quit  s sort (%s)  f %s  arrows select  Enter %s",
		  sort_names[view->sort], view->is_frozen ? "go on (FROZEN)" : "freeze",
		  view->shows_stack ? "table" : "stack");
}

void view_free(struct view *view)
{
	free(view->order);
	*view = (struct view){ 0 };
}
