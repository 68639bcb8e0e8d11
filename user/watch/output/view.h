/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view: how a person looks at the live table: sorted by what, frozen or not, at which site. Keys
 * change it. It does no I/O; output.h draws.
 */
#ifndef SOCKLEAK_VIEW_H
#define SOCKLEAK_VIEW_H

#include "leaks/leaks.h"
#include "report/text/text_report.h"

enum view_sort {
	VIEW_SORT_WORST = 0, /* the order of a report */
	VIEW_SORT_OPEN,
	VIEW_SORT_RATE,
	VIEW_SORT_OLDEST,
	VIEW_SORTS,
};

struct view {
	enum view_sort sort;
	bool is_frozen;	  /* sweeps do not redraw it */
	bool shows_stack; /* of the selected site, in the place of the table */
	/* The selected site: sites move in the table, and end. */
	bool has_selected;
	__u64 id;
	char comm[SOCKLEAK_COMM_LEN];
	bool is_ended;
	struct site **order; /* the sites as the table has them: view_arrange() */
	long count;
};

/* The commands of keys. */
enum view_effect {
	VIEW_NOTHING = 0, /* it has no meaning */
	VIEW_REDRAW,
	VIEW_QUIT,
};

/*
 * Put the sites in order, and into the layout what is to be drawn; valid until the next change of
 * `leaks` or of the view. 0 or -ENOMEM.
 */
int view_arrange(struct view *view, struct leaks *leaks, struct text_layout *layout);
/* A key of keyboard.h was pressed. The view must have been arranged since `leaks` changed. */
enum view_effect view_key(struct view *view, int key);
/* The keys and the state, in one line. */
void view_add_keys(const struct view *view, struct text *line);
void view_free(struct view *view);

#endif /* SOCKLEAK_VIEW_H */
