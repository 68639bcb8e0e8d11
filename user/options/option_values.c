/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/option_values.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/names.h"
#include "lib/text.h"
#include "lib/time.h"
#include "options/distance.h"

static void *member(struct options *options, const struct option_spec *spec)
{
	return (char *)options + spec->offset;
}

/* "--top '-3' is negative; allowed: 0 to 10000". Returns -EINVAL. */
static int reject(const struct option_spec *spec, const char *value, const char *reason,
		  struct text *error)
{
	_cleanup_text_ struct text allowed = TEXT_INIT;

	option_add_allowed(&allowed, spec);
	text_addf(error, "--%s '", spec->name);
	text_add_clean(error, value, strlen(value));
	text_addf(error, "' %s", reason);
	if (allowed.len)
		text_addf(error, "; allowed: %s", text_str(&allowed));
	return -EINVAL;
}

/* "--cgroup '' is empty (an unset variable?)". Returns -EINVAL. */
static int reject_empty(const struct option_spec *spec, struct text *error)
{
	text_addf(error, "--%s '' is empty (an unset variable?); the argument is %s", spec->name,
		  spec->argument);
	return -EINVAL;
}

/* Only digits. NULL, or what is wrong with it; *ret_rest is what follows the digits. */
static const char *read_digits(const char *value, __u64 *ret_number, const char **ret_rest)
{
	size_t len = strspn(value, "0123456789"), i;
	__u64 number = 0;

	if (!*value)
		return "is empty";
	if (*value == '-' && value[1] >= '0' && value[1] <= '9')
		return "is negative";
	if (!len)
		return "is not a whole number";
	for (i = 0; i < len; i++) {
		if (number > (UINT64_MAX - 9) / 10)
			return "is out of range";
		number = number * 10 + (__u64)(value[i] - '0');
	}
	*ret_number = number;
	*ret_rest = value + len;
	return NULL;
}

static bool in_range(const struct option_spec *spec, __u64 number)
{
	return number >= spec->min && number <= spec->max;
}

static int read_duration(const struct option_spec *spec, const char *value, struct options *options,
			 struct text *error)
{
	const char *reason;
	__u64 ns;

	if (duration_parse(value, &ns, &reason))
		return reject(spec, value, reason, error);
	if (!in_range(spec, ns))
		return reject(spec, value, "is out of range", error);
	*(__u64 *)member(options, spec) = ns;
	return 0;
}

static int parse_number(const struct option_spec *spec, const char *value, __u32 *ret_number,
			struct text *error)
{
	const char *rest, *reason;
	__u64 number;

	reason = read_digits(value, &number, &rest);
	if (!reason && *rest)
		reason = "is not a whole number";
	else if (!reason && !in_range(spec, number))
		reason = "is out of range";
	if (reason)
		return reject(spec, value, reason, error);
	*ret_number = (__u32)number;
	return 0;
}

static int read_number(const struct option_spec *spec, const char *value, struct options *options,
		       struct text *error)
{
	return parse_number(spec, value, member(options, spec), error);
}

/* The factor of a size's suffix; 0 = there is no such suffix. */
static __u64 suffix_factor(const char *suffix)
{
	if (!*suffix)
		return 1;
	if (suffix[1])
		return 0;
	switch (*suffix) {
	case 'K':
	case 'k':
		return 1 << 10;
	case 'M':
	case 'm':
		return 1 << 20;
	case 'G':
	case 'g':
		return 1 << 30;
	default:
		return 0;
	}
}

static bool pid_list_has(const struct pid_list *list, __u32 pid)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static int reject_pid(const struct option_spec *spec, const char *word, struct text *error)
{
	text_addf(error,
		  "--%s %s is one too many: %u at most; --cgroup, --unit and --comm watch more",
		  spec->name, word, SOCKLEAK_MAX_PIDS);
	return -EINVAL;
}

/* One, or several with commas between them, as pgrep -d, prints them. */
static int read_pids(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	struct pid_list *list = member(options, spec);
	char word[32]; /* longer than any number in range */
	size_t len;

	for (;; value += len + 1) {
		__u32 pid;
		int err;

		len = strcspn(value, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, value);
		err = parse_number(spec, word, &pid, error);
		if (err)
			return err;
		if (!pid_list_has(list, pid)) {
			if (list->count == SOCKLEAK_MAX_PIDS)
				return reject_pid(spec, word, error);
			list->pids[list->count++] = pid;
		}
		if (!value[len])
			return 0;
	}
}

static int read_size(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	const char *rest, *reason;
	__u64 number, factor;

	reason = read_digits(value, &number, &rest);
	if (reason)
		return reject(spec, value, reason, error);
	factor = suffix_factor(rest);
	if (!factor)
		return reject(spec, value, "is not a number of bytes, with K, M or G", error);
	if (number > spec->max / factor || !in_range(spec, number * factor))
		return reject(spec, value, "is out of range", error);
	number *= factor;
	if (number & (number - 1))
		return reject(spec, value, "is not a power of two", error);
	*(__u32 *)member(options, spec) = (__u32)number;
	return 0;
}

/* "--hooks 'tracepoints' is not known (did you mean 'tracepoint'?); allowed: auto, ...". */
static int reject_word(const struct option_spec *spec, const char *value, const char *reason,
		       const struct nearest *nearest, struct text *error)
{
	_cleanup_text_ struct text whole = TEXT_INIT;

	text_add(&whole, reason);
	nearest_add(nearest, "", &whole);
	return reject(spec, value, text_str(&whole), error);
}

static int read_choice(const struct option_spec *spec, const char *value, struct options *options,
		       struct text *error)
{
	struct nearest nearest = nearest_begin(value, strlen(value));
	__u32 i;

	for (i = 0; spec->choices[i]; i++) {
		if (!strcmp(spec->choices[i], value)) {
			*(__u32 *)member(options, spec) = i;
			return 0;
		}
		nearest_try(&nearest, spec->choices[i]);
	}
	return reject_word(spec, value, "is not known", &nearest, error);
}

static int read_path_value(const struct option_spec *spec, const char *value,
			   struct options *options, struct text *error)
{
	if (!*value)
		return reject_empty(spec, error);
	*(const char **)member(options, spec) = value;
	return 0;
}

static int read_comm(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	if (strlen(value) >= SOCKLEAK_COMM_LEN)
		return reject(spec, value, "is longer than the kernel keeps a comm", error);
	return read_path_value(spec, value, options, error);
}

static int read_user(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	const struct passwd *user;
	int err = 0;

	if (strspn(value, "0123456789") != strlen(value) && *value != '-') {
		user = getpwnam(value);
		if (!user)
			return reject(spec, value, "is not a user of this host", error);
		*(__u32 *)member(options, spec) = user->pw_uid;
	} else {
		err = read_number(spec, value, options, error);
	}
	options->by_uid = !err;
	return err;
}

static int read_list(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	struct option_list *list = member(options, spec);

	if (!*value)
		return reject_empty(spec, error);
	if (list->count == SOCKLEAK_MAX_CGROUPS)
		return reject(spec, value, "is one too many", error);
	list->items[list->count++] = value;
	return 0;
}

static int reject_class(const struct option_spec *spec, const char *value, const char *name,
			size_t len, struct text *error)
{
	struct nearest nearest = nearest_begin(name, len);

	for (unsigned int cls = CLASS_NONE + 1; cls < CLASS_COUNT; cls++)
		nearest_try(&nearest, leak_class_name((enum leak_class)cls));
	return reject_word(spec, value, "has an unknown class", &nearest, error);
}

static int read_classes(const struct option_spec *spec, const char *value, struct options *options,
			struct text *error)
{
	const char *name = value;
	enum leak_class cls;
	__u32 mask = 0;
	size_t len;

	for (;; name += len + 1) {
		len = strcspn(name, ",");
		if (!len)
			return reject(spec, value,
				      *value ? "has an empty name beside a comma" :
					       "is empty (an unset variable?)",
				      error);
		cls = leak_class_from_name(name, len);
		if (cls != CLASS_NONE)
			mask |= 1U << cls;
		else if (len == 3 && !memcmp(name, "all", len))
			mask = OPTIONS_ALL_CLASSES;
		else
			return reject_class(spec, value, name, len, error);
		if (!name[len])
			break;
	}
	*(__u32 *)member(options, spec) = mask;
	return 0;
}

static int read_flag(const struct option_spec *spec, const char *value, struct options *options,
		     struct text *error)
{
	bool yes = !value || !strcmp(value, "yes") || !strcmp(value, "true");

	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
		return reject(spec, value, "is neither yes nor no", error);
	*(bool *)member(options, spec) = yes;
	return 0;
}

typedef int (*read_fn)(const struct option_spec *spec, const char *value, struct options *options,
		       struct text *error);

static const read_fn readers[] = {
	[OPTION_FLAG] = read_flag,     [OPTION_DURATION] = read_duration,
	[OPTION_NUMBER] = read_number, [OPTION_SIZE] = read_size,
	[OPTION_CHOICE] = read_choice, [OPTION_PATH] = read_path_value,
	[OPTION_COMM] = read_comm,     [OPTION_USER] = read_user,
	[OPTION_LIST] = read_list,     [OPTION_CLASSES] = read_classes,
	[OPTION_PIDS] = read_pids,
};

int option_read(const struct option_spec *spec, const char *value, struct options *options,
		struct text *error)
{
	return readers[spec->type](spec, value, options, error);
}

/* ---- Members as a whole ---- */

static size_t member_size(const struct option_spec *spec)
{
	switch (spec->type) {
	case OPTION_FLAG:
		return sizeof(bool);
	case OPTION_DURATION:
		return sizeof(__u64);
	case OPTION_PATH:
	case OPTION_COMM:
		return sizeof(const char *);
	case OPTION_LIST:
		return sizeof(struct option_list);
	case OPTION_PIDS:
		return sizeof(struct pid_list);
	case OPTION_HELP_TEXT:
	case OPTION_VERSION_TEXT:
		return 0;
	default:
		return sizeof(__u32);
	}
}

void option_copy(const struct option_spec *spec, const struct options *from,
		 struct options *options)
{
	memcpy(member(options, spec), (const char *)from + spec->offset, member_size(spec));
	if (spec->type == OPTION_USER)
		options->by_uid = from->by_uid;
}

int option_each_string(const struct option_spec *spec, struct options *options,
		       int (*fn)(const char **string, void *ctx), void *ctx)
{
	struct option_list *list;
	const char **string;
	int err = 0;

	if (spec->type == OPTION_LIST) {
		list = member(options, spec);
		for (unsigned int i = 0; i < list->count && !err; i++)
			err = fn(&list->items[i], ctx);
	} else if (spec->type == OPTION_PATH || spec->type == OPTION_COMM) {
		string = member(options, spec);
		err = *string ? fn(string, ctx) : 0;
	}
	return err;
}

void option_reset(const struct option_spec *spec, struct options *options)
{
	struct options defaults = options_defaults(options->command);

	option_copy(spec, &defaults, options);
}

static bool are_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool lists_are_equal(const struct option_list *a, const struct option_list *b)
{
	unsigned int i = 0;

	while (i < a->count && i < b->count && are_equal(a->items[i], b->items[i]))
		i++;
	return a->count == b->count && i == a->count;
}

bool option_is_equal(const struct option_spec *spec, const struct options *a,
		     const struct options *b)
{
	const void *in_a = (const char *)a + spec->offset, *in_b = (const char *)b + spec->offset;

	if (spec->type == OPTION_LIST)
		return lists_are_equal(in_a, in_b);
	if (spec->type == OPTION_PATH || spec->type == OPTION_COMM)
		return are_equal(*(const char *const *)in_a, *(const char *const *)in_b);
	return !memcmp(in_a, in_b, member_size(spec)) &&
	       (spec->type != OPTION_USER || a->by_uid == b->by_uid);
}
