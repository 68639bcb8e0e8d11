/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/attribution/turns.h"

void turns_begin(struct turns *turns, unsigned int count)
{
	*turns = (struct turns){ .left = count };
}

static unsigned int *used_by(struct turns *turns, uid_t uid)
{
	unsigned int user = 0;

	while (user < turns->count && turns->users[user].uid != uid)
		user++;
	if (user == TURNS_USERS)
		user--;
	else if (user == turns->count)
		turns->users[turns->count++].uid = uid;
	return &turns->users[user].used;
}

bool turns_has(struct turns *turns, uid_t uid)
{
	return *used_by(turns, uid) < TURNS_FACTOR * turns->left;
}

bool turns_take(struct turns *turns, uid_t uid)
{
	if (!turns_has(turns, uid))
		return false;
	++*used_by(turns, uid);
	turns->left--;
	return true;
}
