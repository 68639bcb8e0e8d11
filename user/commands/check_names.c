/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/check_names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>

#include "host/rights.h"
#include "kernel/pins/pin_dir.h"
#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/textfile.h"

/* Could this user run the agent? If not, the agent's user may open what this one cannot. */
static bool is_agents_user(void)
{
	return rights_effective() & (1ULL << CAP_BPF | 1ULL << CAP_SYS_ADMIN);
}

static bool is_closed_to_others(int err)
{
	return (err == -EACCES || err == -EPERM) && !is_agents_user();
}

static void add_unchecked(struct text *ret_notes, const char *option, const char *path)
{
	text_addf(ret_notes, "not checked: --%s ", option);
	text_add_clean(ret_notes, path, strlen(path));
	text_addf(ret_notes, ": %s (check as the user who runs the agent)\n", strerror(EACCES));
}

static int add_cause(struct text *ret_error, const char *verb, const char *option, const char *path,
		     int err, const char *remedy)
{
	text_addf(ret_error, "cannot %s --%s ", verb, option);
	text_add_clean(ret_error, path, strlen(path));
	text_addf(ret_error, ": %s", strerror(-err));
	if (remedy)
		text_addf(ret_error, " (%s)", remedy);
	return err;
}

static int check_textfile_directory(const char *path, struct text *ret_notes,
				    struct text *ret_error)
{
	int err = textfile_check(path);

	if (!err)
		return 0;
	if (err == -ENOENT && !strcmp(path, TEXTFILE_DEFAULT)) {
		text_addf(ret_notes, "not checked: --textfile %s: " TEXTFILE_DEFAULT_LACKS "\n",
			  path);
		return 0;
	}
	if (!is_closed_to_others(err))
		return add_cause(ret_error, "write to", "textfile", path, err,
				 textfile_remedy(err));
	add_unchecked(ret_notes, "textfile", path);
	return 0;
}

static int check_btf_file(const char *path, struct text *ret_notes, struct text *ret_error)
{
	int fd, err = regular_file_open_stored(path, &fd);

	if (!err)
		close(fd);
	/* /sys/kernel/btf has the kernel's own, which the kernel makes up */
	if (!err || (err == -EINVAL && !strncmp(path, "/sys/", strlen("/sys/"))))
		return 0;
	if (!is_closed_to_others(err))
		return add_cause(ret_error, "read", "btf", path, err, NULL);
	add_unchecked(ret_notes, "btf", path);
	return 0;
}

/* An agent runs without it. */
static void check_pin_directory(const char *path, struct text *ret_notes)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	int err = pin_dir_check(path, &why);

	if (!err)
		return;
	/* root must not use it, but the user it belongs to may */
	if (is_closed_to_others(err) || (err == -EPERM && !geteuid()))
		add_unchecked(ret_notes, "pin", path);
	else
		text_addf(ret_notes, "%s; the agent would run without it\n",
			  why.len ? text_str(&why) : strerror(-err));
}

int check_names(const struct options *options, struct text *ret_notes, struct text *ret_error)
{
	int err = 0;

	if (options->textfile)
		err = check_textfile_directory(options->textfile, ret_notes, ret_error);
	if (!err && options->btf)
		err = check_btf_file(options->btf, ret_notes, ret_error);
	if (err)
		return err;
	if (options->pin)
		check_pin_directory(options->pin, ret_notes);
	if (!geteuid() && (options->textfile || options->pin || options->pprof_dir))
		text_add(ret_notes, "not checked: whether the service's user may write there, as "
				    "root may (systemctl reload checks it)\n");
	return text_error(ret_notes);
}
