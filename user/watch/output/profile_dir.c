/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/profile_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "lib/time.h"

#define PREFIX "sockleak-"
#define SUFFIX ".pb.gz"
#define DATE_LEN 20 /* of 20260921T141506.250Z */

int profile_dir_add_path(struct text *path, const char *directory, __s64 time_ns)
{
	char date[DATE_SIZE];

	if (!date_format(time_ns, date))
		return -ERANGE;
	text_addf(path, "%s/" PREFIX, directory);
	/* Without ':', by which pprof takes a name for an address. */
	for (const char *at = date; *at; at++)
		if (*at != '-' && *at != ':')
			text_add_bytes(path, at, 1);
	text_add(path, SUFFIX);
	return text_error(path);
}

/* A name of ours, or of its temporary file. */
static int is_ours(const struct dirent *entry)
{
	const char *date = entry->d_name + strlen(PREFIX);

	if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 || strlen(date) < DATE_LEN ||
	    strncmp(date + DATE_LEN, SUFFIX, strlen(SUFFIX)) != 0)
		return false;
	for (int i = 0; i < DATE_LEN; i++)
		if (!(i == 8  ? date[i] == 'T' :
		      i == 15 ? date[i] == '.' :
		      i == 19 ? date[i] == 'Z' :
				isdigit((unsigned char)date[i])))
			return false;
	return true;
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int remove_oldest(const char *directory, unsigned int keep)
{
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	int count, err = 0;

	if (fd < 0)
		return -errno;
	count = scandirat(fd, ".", &entries, is_ours, newest_first);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (i >= (int)keep && unlinkat(fd, entries[i]->d_name, 0) && errno != ENOENT &&
		    !err)
			err = -errno;
		free(entries[i]);
	}
	free(entries);
	return err;
}

int profile_dir_write(const char *directory, __s64 time_ns, unsigned int keep, const void *data,
		      size_t len)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	int err = profile_dir_add_path(&path, directory, time_ns);

	if (!err)
		err = textfile_write_by_umask(text_str(&path), data, len);
	return err ?: remove_oldest(directory, keep);
}
