/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockleak explain: a site id, a newline, and a stacks file, which whoever may write
 * to its directory has written; and the same file as the next run of the agent takes it.
 */
#include "check_json.h"

#include <errno.h>

#include "commands/explain.h"
#include "lib/text.h"
#include "report/explain/stacks_recall.h"

static void take(const struct recalled_site *site, void *ctx)
{
	(void)ctx;
	check(site->seen_ns > 0 && site->first_ns >= 0 && site->end.ns >= 0);
	check(strlen(site->json) <= RECALL_MAX_SITE_BYTES);
	check_clean(site->json, strlen(site->json), "");
	check(strstr(site->json, "\"leaking\":false"));
	free(site->json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text out = TEXT_INIT, profile = TEXT_INIT, error = TEXT_INIT;
	struct input input = input_of(data, size);
	bool as_json = take_u8(&input) & 1;
	char *site = take_until(&input, '\n');
	int err = explain_bytes(input.at, input_left(&input), site, as_json, true, &out, &profile,
				&error);

	check(err == 0 || err == -EINVAL || err == -ENOENT || err == -EPROTO || err == -ENOTUNIQ ||
	      err == -ENOMEM);
	check(!text_error(&out) && !text_error(&error));
	check(!err == !error.len);
	check(!err == (profile.len > 0) && !text_error(&profile));
	check_clean(text_str(&error), error.len, "");
	check(!error.len || error.len < 1024);
	check(!err || err == -ENOTUNIQ ? out.len > 0 : !out.len);
	check_clean(text_str(&out), out.len, "\n");
	if (!err && as_json)
		check(strchr(text_str(&out), '\n') == text_str(&out) + out.len - 1);
	free(site);
	err = stacks_recall_bytes(input.at, input_left(&input), take, NULL);
	check(err == 0 || err == -EPROTO);
	return 0;
}
