/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input: what the user asked for: the command line and the file that its --config names,
 * read together, and read again when the file has changed.
 */
#ifndef SOCKLEAK_INPUT_H
#define SOCKLEAK_INPUT_H

#include "lib/cleanup.h"
#include "options/options.h"

struct input {
	int argc;
	char **argv;
	struct options options; /* their strings are argv's, the config's or kept */
	struct config *config;	/* NULL = none */
	char **kept;		/* see input__keep_fixed() */
	size_t n_kept;
};

/* The configuration of the packaged agent; `explain` and `doctor` read it by default. */
#define INPUT_AGENT_CONFIG "/etc/sockleak/sockleak.conf"

/*
 * Read both. Like options_parse(), but *ret_input is set for OPTIONS_RUN alone; free it
 * with input__free(), NULL is allowed there. -EINVAL with one line in ret_error, or
 * -ENOMEM.
 */
int input__read(int argc, char **argv, struct input **ret_input, struct text *ret_error);
void input__free(struct input *input);
DEFINE_CLEANUP(struct input *, input__free)

/*
 * reload_keep_fixed() on the options of both. Strings that are taken over are copied,
 * because `wanted` may outlive `running`. 0 or -ENOMEM.
 */
int input__keep_fixed(struct input *wanted, const struct input *running, struct text *kept);

#endif /* SOCKLEAK_INPUT_H */
