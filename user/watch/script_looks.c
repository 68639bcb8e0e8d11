/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/script_looks.h"

#include <stddef.h>

void script_looks_begin(struct script_looks *looks, unsigned int most, __u64 most_ns)
{
	looks->most = most;
	looks->most_ns = most_ns;
	looks->count = looks->n_users = 0;
	looks->spent_ns = 0;
}

/* The number of a user in the list; n_users = not there. */
static unsigned int place_of_user(const struct script_looks *looks, uid_t uid)
{
	unsigned int i = 0;

	while (i < looks->n_users && looks->users[i].uid != uid)
		i++;
	return i;
}

bool script_looks_may(const struct script_looks *looks, uid_t uid)
{
	unsigned int i = place_of_user(looks, uid);

	if (looks->count >= looks->most || looks->spent_ns >= looks->most_ns)
		return false;
	if (i == looks->n_users)
		return i < LOOKS_USERS;
	return looks->users[i].count < looks->most / LOOKS_USER_SHARE &&
	       looks->users[i].spent_ns < looks->most_ns / LOOKS_USER_SHARE;
}

void script_looks_spend(struct script_looks *looks, uid_t uid, __u64 spent_ns)
{
	unsigned int i = place_of_user(looks, uid);

	looks->count++;
	looks->spent_ns += spent_ns;
	if (i == LOOKS_USERS)
		return;
	if (i == looks->n_users)
		looks->users[looks->n_users++] = (struct looks_of_user){ .uid = uid };
	looks->users[i].count++;
	looks->users[i].spent_ns += spent_ns;
}

static bool is_same_file(const struct script_file *a, const struct script_file *b)
{
	return a->inode == b->inode && a->device == b->device && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

bool script_looks_knows(const struct script_looks *looks, const struct script_file *file)
{
	for (size_t i = 0; i < LOOKS_FILES; i++)
		if (is_same_file(&looks->files[i], file))
			return true;
	return false;
}

void script_looks_remember(struct script_looks *looks, const struct script_file *file)
{
	if (!script_looks_knows(looks, file))
		looks->files[looks->next_file++ % LOOKS_FILES] = *file;
}
