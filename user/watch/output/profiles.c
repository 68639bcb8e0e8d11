/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/profiles.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "report/pprof/folded.h"
#include "report/pprof/pprof.h"
#include "watch/output/output_file.h"
#include "watch/output/profile_dir.h"

static int add_refusal(const char *option, const char *path, int err, struct text *ret_error)
{
	const char *remedy = textfile_remedy(err);

	if (!err)
		return 0;
	text_addf(ret_error, "cannot write to --%s ", option);
	text_add_clean(ret_error, path, strlen(path));
	text_addf(ret_error, ": %s", strerror(-err));
	if (remedy)
		text_addf(ret_error, " (%s)", remedy);
	return -EINVAL;
}

static bool wants_files(const struct options *options)
{
	return options->command == COMMAND_AGENT;
}

static int check_file(const struct options *options, const char *option, const char *path,
		      struct text *ret_error)
{
	bool is_reports = (options->command == COMMAND_SCAN || options->command == COMMAND_TRACE) &&
			  !options->output;

	if (!strcmp(path, "-")) {
		text_addf(ret_error, "--%s -: name a file; /dev/stdout is standard output", option);
		return -EINVAL;
	}
	if (is_reports && output_file_is_stdout(path)) {
		text_addf(ret_error, "--%s ", option);
		text_add_clean(ret_error, path, strlen(path));
		text_add(ret_error, ": the report goes there (give it a file with --output)");
		return -EINVAL;
	}
	return add_refusal(option, path, output_file_check(path, wants_files(options)), ret_error);
}

/* A file that has two outputs loses one of them. */
static int check_distinct(const struct options *options, struct text *ret_error)
{
	const struct {
		const char *option, *path;
	} outputs[] = {
		{ "output", options->output },	   { "junit", options->junit },
		{ "pprof", options->pprof },	   { "folded", options->folded },
		{ "textfile", options->textfile },
	};

	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
		for (size_t k = 0; outputs[i].path && k < i; k++) {
			if (!outputs[k].path ||
			    !output_file_is_same(outputs[k].path, outputs[i].path))
				continue;
			text_addf(ret_error, "--%s and --%s are both ", outputs[k].option,
				  outputs[i].option);
			text_add_clean(ret_error, outputs[i].path, strlen(outputs[i].path));
			text_add(ret_error, " (give each a file of its own)");
			return -EINVAL;
		}
	}
	return 0;
}

int profiles_check(const struct options *options, struct text *ret_error)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	int err = check_distinct(options, ret_error);

	if (!err && options->pprof)
		err = check_file(options, "pprof", options->pprof, ret_error);
	if (!err && options->folded)
		err = check_file(options, "folded", options->folded, ret_error);
	if (err || !options->pprof_dir)
		return err;
	profile_dir_add_path(&path, options->pprof_dir, 0);
	return add_refusal("pprof-dir", options->pprof_dir, textfile_check(text_str(&path)),
			   ret_error);
}

/* Count what became of a file; log its error, unless there was one the last time. */
static void note_written(struct profiles *profiles, int err, int last, const char *option,
			 const char *path)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	*(err ? &profiles->failed : &profiles->written) += 1;
	if (!err || last)
		return;
	add_refusal(option, path, err, &line);
	log_error(err, "%s", text_str(&line));
}

/* One file, of what `add` makes. */
static int write_profile(struct profiles *profiles, const struct options *options,
			 const char *option, const char *path,
			 int (*add)(struct text *out, struct leaks *leaks,
				    const struct summary *summary),
			 struct leaks *leaks, const struct summary *summary)
{
	_cleanup_text_ struct text bytes = TEXT_INIT;
	int err = add(&bytes, leaks, summary);

	if (!err)
		err = output_file_write(path, wants_files(options), text_str(&bytes), bytes.len);
	note_written(profiles, err, profiles->error, option, path);
	return err;
}

int profiles_write(struct profiles *profiles, const struct options *options, struct leaks *leaks,
		   const struct summary *summary)
{
	int pprof_err = 0, folded_err = 0;

	if (options->pprof)
		pprof_err = write_profile(profiles, options, "pprof", options->pprof, pprof_add,
					  leaks, summary);
	if (options->folded)
		folded_err = write_profile(profiles, options, "folded", options->folded, folded_add,
					   leaks, summary);
	profiles->error = pprof_err ?: folded_err;
	return profiles->error;
}

bool profiles_dir_due(struct profiles *profiles, const struct options *options, __u64 now_ns)
{
	if (!options->pprof_dir)
		return false;
	if (!profiles->dir_ns)
		profiles->dir_ns = now_ns + options->pprof_interval_ns;
	return now_ns >= profiles->dir_ns;
}

int profiles_write_dir(struct profiles *profiles, const struct options *options,
		       struct leaks *leaks, const struct summary *summary)
{
	_cleanup_text_ struct text bytes = TEXT_INIT;
	int err;

	if (!options->pprof_dir)
		return 0;
	err = pprof_add(&bytes, leaks, summary);
	if (!err)
		err = profile_dir_write(options->pprof_dir,
					(__s64)(summary->now_ns + (__u64)summary->wall_offset_ns),
					options->pprof_keep, bytes.data, bytes.len);
	note_written(profiles, err, profiles->dir_error, "pprof-dir", options->pprof_dir);
	profiles->dir_ns = summary->now_ns + options->pprof_interval_ns;
	profiles->dir_error = err;
	return err;
}
