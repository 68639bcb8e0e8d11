/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"
#include "lib/time.h"
#include "report/explain/explain_page.h"
#include "report/explain/explain_profile.h"
#include "report/explain/stacks_file.h"
#include "report/metrics/series.h"
#include "watch/output/output_file.h"
#include "watch/output/profiles.h"

#define ID_DIGITS 16
#define MAX_LISTED 16
#define AGENT_USER "sockleak" /* packaging/systemd/sockleak.sysusers */

/* ---- Which site ---- */

/* Accepts lower-case hex of sufficient length; otherwise says why not. */
static int read_site_id(const char *site, char ret_id[ID_DIGITS + 1], struct text *ret_error)
{
	size_t len = strlen(site);

	if (!strcmp(site, SERIES_OTHER) || !strcmp(site, SERIES_UNKNOWN)) {
		text_addf(ret_error,
			  "'%s' is not a site: it stands for sockets %s (see docs/metrics.md)",
			  site,
			  !strcmp(site, SERIES_OTHER) ? "of sites beyond --max-sites" :
							"without a stack");
		return -EINVAL;
	}
	if (len < EXPLAIN_MIN_DIGITS || len > ID_DIGITS ||
	    strspn(site, "0123456789abcdefABCDEF") != len) {
		text_add(ret_error, "'");
		text_add_clean(ret_error, site, strnlen(site, 64));
		text_addf(ret_error,
			  "' is not a site id: give its %d hex digits, or at least the first %d",
			  ID_DIGITS, EXPLAIN_MIN_DIGITS);
		return -EINVAL;
	}
	for (size_t i = 0; i <= len; i++)
		ret_id[i] = site[i] >= 'A' && site[i] <= 'F' ? (char)(site[i] | 0x20) : site[i];
	return 0;
}

static bool is_asked_for(const json_t *site, const char *id)
{
	const char *name = json_string_value(json_object_get(site, "site"));

	return name && strlen(name) == ID_DIGITS && !strncmp(name, id, strlen(id));
}

static void list_sites(const json_t *sites, const char *id, struct text *ret_out)
{
	unsigned int listed = 0;
	const json_t *site;
	size_t i;

	json_array_foreach(sites, i, site)
	{
		if (!is_asked_for(site, id))
			continue;
		if (++listed > MAX_LISTED) {
			text_add(ret_out, "... and more\n");
			break;
		}
		explain_page_line(ret_out, site);
	}
}

static int say_no_site(const json_t *file, const char *id, struct text *ret_error)
{
	const char *written = json_string_value(json_object_get(file, "written"));

	text_addf(ret_error, "none of the %zu known sites begins with %s",
		  json_array_size(json_object_get(file, "sites")), id);
	if (written) {
		text_add(ret_error, " (written ");
		text_add_clean(ret_error, written, strnlen(written, 64));
		text_add(ret_error, ")");
	}
	text_add(ret_error, ": it may be from another host, or too old");
	return -ENOENT;
}

/* In ASCII, so that no byte controls a terminal. libjansson does not escape DEL. */
static int dump_ascii(const json_t *site, struct text *ret_out)
{
	char *line = json_dumps(site, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (!line)
		return -ENOMEM;
	for (const char *at = line; *at; at++)
		text_add_bytes(ret_out, *at == 0x7f ? "\\u007f" : at, *at == 0x7f ? 6 : 1);
	text_add(ret_out, "\n");
	free(line);
	return text_error(ret_out);
}

/* A person would paste these into a root shell or a configuration. */
static void remove_advice(json_t *site)
{
	json_object_set_new(site, "install", json_array());
	json_object_set_new(site, "unnamed_jit", json_pack("n"));
	json_object_set_new(site, "suppression", json_pack("n"));
}

static int find_site(const json_t *file, const char *id, json_t **ret_site, struct text *ret_out,
		     struct text *ret_error)
{
	const json_t *sites = json_object_get(file, "sites");
	json_t *site, *found = NULL;
	unsigned int count = 0;
	size_t i;

	json_array_foreach(sites, i, site)
	{
		if (!is_asked_for(site, id))
			continue;
		found = site;
		count++;
	}
	if (!found)
		return say_no_site(file, id, ret_error);
	if (count > 1) {
		list_sites(sites, id, ret_out);
		text_addf(ret_error, "%u sites begin with %s: give more digits", count, id);
		return -ENOTUNIQ;
	}
	*ret_site = found;
	return 0;
}

static int show_site(const json_t *file, json_t *site, bool as_json, bool is_trusted,
		     struct text *ret_out)
{
	if (!is_trusted)
		remove_advice(site);
	if (as_json)
		return dump_ascii(site, ret_out);
	explain_page(ret_out, site, json_string_value(json_object_get(file, "written")));
	if (!is_trusted)
		text_add(ret_out, "\nNo commands are shown: others than root, you and " AGENT_USER
				  "\nmay have written this file.\n");
	return text_error(ret_out);
}

int explain_bytes(const void *bytes, size_t len, const char *site, bool as_json, bool is_trusted,
		  struct text *ret_out, struct text *ret_profile, struct text *ret_error)
{
	char id[ID_DIGITS + 1];
	json_error_t where;
	json_t *file, *found;
	int err = read_site_id(site, id, ret_error);

	if (err)
		return err;
	file = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_array(json_object_get(file, "sites"))) {
		text_add(ret_error, "not a stacks file of sockleak");
		err = -EPROTO;
	} else if (json_integer_value(json_object_get(file, "version")) != STACKS_FILE_VERSION) {
		text_add(ret_error, "it is from another version of sockleak");
		err = -EPROTO;
	} else {
		err = find_site(file, id, &found, ret_out, ret_error);
		if (!err && ret_profile)
			err = explain_profile(found, (__s64)clock_now(CLOCK_REALTIME), ret_profile);
		if (!err)
			err = show_site(file, found, as_json, is_trusted, ret_out);
	}
	json_decref(file);
	return err;
}

/* ---- The file ---- */

static int read_all(int fd, char **ret_bytes, size_t *ret_len)
{
	size_t room = 0, len = 0;
	char *bytes = NULL;
	ssize_t got;

	do {
		if (len == room) {
			char *more = room > EXPLAIN_MAX_BYTES ?
					     NULL :
					     realloc(bytes, room ? room * 2 : 65536);

			if (!more) {
				free(bytes);
				return room > EXPLAIN_MAX_BYTES ? -EFBIG : -ENOMEM;
			}
			bytes = more;
			room = room ? room * 2 : 65536;
		}
		got = read(fd, bytes + len, room - len);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0 || len > EXPLAIN_MAX_BYTES) {
		int err = got < 0 ? -errno : -EFBIG;

		free(bytes);
		return err;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static bool is_user(uid_t uid, const char *name)
{
	const struct passwd *user = getpwnam(name);

	return user && user->pw_uid == uid;
}

/*
 * Can only root, this user or the agent's have written it? The owner and the mode of the open file
 * decide. Whoever may write to its directory can put another file there, but cannot give it away.
 */
static bool is_trusted_file(const struct stat *stat)
{
	return !(stat->st_mode & (S_IWGRP | S_IWOTH)) &&
	       (!stat->st_uid || stat->st_uid == geteuid() || is_user(stat->st_uid, AGENT_USER));
}

static int read_stacks(const char *path, char **ret_bytes, size_t *ret_len, bool *ret_trusted)
{
	/* Opening a pipe would wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat))
		err = -errno;
	else if (S_ISDIR(stat.st_mode))
		err = -EISDIR;
	else
		err = read_all(fd, ret_bytes, ret_len);
	*ret_trusted = !err && S_ISREG(stat.st_mode) && is_trusted_file(&stat);
	close(fd);
	return err;
}

int explain_site(const char *path, const struct options *options, FILE *out, struct text *ret_error)
{
	_cleanup_text_ struct text text = TEXT_INIT, profile = TEXT_INIT, why = TEXT_INIT;
	char id[ID_DIGITS + 1], *bytes = NULL;
	const char *pprof = options->pprof;
	int err = read_site_id(options->site, id, ret_error);
	bool is_trusted = false;
	size_t len = 0;

	if (!err)
		err = profiles_check(options, ret_error);
	if (err)
		return err;
	err = read_stacks(path, &bytes, &len, &is_trusted);
	if (err) {
		text_addf(ret_error, "cannot read %s: %s%s", path, strerror(-err),
			  err == -ENOENT ?
				  " (a 'sockleak agent' with --textfile writes it when it finds a "
				  "leak; other commands have the stacks in their own reports)" :
				  "");
		return err;
	}
	err = explain_bytes(bytes, len, options->site, options->json, is_trusted, &text,
			    pprof ? &profile : NULL, &why);
	free(bytes);
	if (!err && pprof) {
		err = output_file_write(pprof, /* only_files= */ false, text_str(&profile),
					profile.len);
		if (err)
			text_addf(&why, "cannot write to --pprof: %s", strerror(-err));
	}
	fwrite(text_str(&text), 1, text.len, out);
	if (err)
		text_addf(ret_error, "%s: %s", path, why.len ? text_str(&why) : strerror(-err));
	return err;
}
