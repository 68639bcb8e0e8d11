/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/profiles.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "lib/textfile.h"
#include "report/pprof/folded.h"
#include "report/pprof/pprof.h"

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

int profiles_check(const struct options *options, struct text *ret_error)
{
	int err = 0;

	if (options->pprof)
		err = add_refusal("pprof", options->pprof, textfile_check(options->pprof),
				  ret_error);
	if (!err && options->folded)
		err = add_refusal("folded", options->folded, textfile_check(options->folded),
				  ret_error);
	return err;
}

/* One file, of what `add` makes. */
static int write_profile(struct profiles *profiles, const char *option, const char *path,
			 int (*add)(struct text *out, struct leaks *leaks,
				    const struct summary *summary),
			 struct leaks *leaks, const struct summary *summary)
{
	_cleanup_text_ struct text bytes = TEXT_INIT, line = TEXT_INIT;
	int err = add(&bytes, leaks, summary);

	if (!err)
		err = textfile_write_by_umask(path, text_str(&bytes), bytes.len);
	*(err ? &profiles->failed : &profiles->written) += 1;
	if (err && !profiles->error) {
		add_refusal(option, path, err, &line);
		log_error(err, "%s", text_str(&line));
	}
	return err;
}

int profiles_write(struct profiles *profiles, const struct options *options, struct leaks *leaks,
		   const struct summary *summary)
{
	int pprof_err = 0, folded_err = 0;

	if (options->pprof)
		pprof_err =
			write_profile(profiles, "pprof", options->pprof, pprof_add, leaks, summary);
	if (options->folded)
		folded_err = write_profile(profiles, "folded", options->folded, folded_add, leaks,
					   summary);
	profiles->error = pprof_err ?: folded_err;
	return profiles->error;
}
