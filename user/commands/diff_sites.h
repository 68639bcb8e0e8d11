/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff_sites: the sites of two files that are compared, and how many sockets each had open in
 * either. Pure.
 */
#ifndef SOCKLEAK_DIFF_SITES_H
#define SOCKLEAK_DIFF_SITES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

/* Sites of both files together: more than a host has, and some 500 bytes each. */
#define DIFF_MAX_SITES 100000

enum diff_side {
	DIFF_BEFORE,
	DIFF_AFTER,
	DIFF_SIDES,
};

enum diff_change {
	DIFF_CAME = 0,
	DIFF_GREW,
	DIFF_SHRANK,
	DIFF_WENT,
	DIFF_SAME,
	DIFF_CHANGES,
};

/* How a file describes a site. Strings of `len` bytes, not clean; NULL = not known. */
struct diff_words {
	struct diff_string {
		const char *bytes;
		size_t len;
	} site, comm, function, module, file, language;
	__u64 line;
};

struct diff_site {
	__u64 open[DIFF_SIDES];
	/* As the later file describes it, else the first; clean; NULL = not known. */
	char *site, *comm, *function, *module, *file, *language;
	__u64 line;
	/* private: */
	enum diff_side described_by;
	UT_hash_handle hh;
	size_t key_len;
	char key[];
};

/* Begins as { 0 }. */
struct diff_sites {
	struct diff_site *sites; /* a uthash table */
	bool is_cut[DIFF_SIDES]; /* the file ended within a line, which was left out */
};

/*
 * The site of these words. Without a site's id it is that of one comm and one function. 0, -ENOMEM
 * or -EFBIG.
 */
int diff_site_get(struct diff_sites *sites, enum diff_side side, const struct diff_words *words,
		  struct diff_site **ret_site);
void diff_sites_clear(struct diff_sites *sites);
/* New sites, then those that grew, shrank, went, and stayed; the largest difference first. */
void diff_sites_sort(struct diff_sites *sites);

enum diff_change diff_change_of(const struct diff_site *site);
/* "came", ... */
const char *diff_change_name(enum diff_change change);

#endif /* SOCKLEAK_DIFF_SITES_H */
