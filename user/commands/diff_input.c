/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/diff_input.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "report/pprof/profile_reader.h"

/* A socket that is open at this point of a trace. */
struct diff_socket {
	__u64 inode;
	struct diff_site *site;
	bool maybe_in_use;
	UT_hash_handle hh;
};

struct json_input {
	enum diff_side side;
	struct diff_sites *sites;
	struct diff_socket *sockets; /* a uthash table, by inode */
	bool is_scan, is_ours;
};

/* ---- JSON Lines ---- */

static struct diff_string string_in(const json_t *object, const char *key)
{
	const json_t *string = json_object_get(object, key);
	size_t len = json_string_length(string);

	return (struct diff_string){ len ? json_string_value(string) : NULL, len };
}

static struct diff_words words_of(const json_t *leak)
{
	const json_t *culprit = json_object_get(leak, "culprit");
	json_int_t line = json_integer_value(json_object_get(culprit, "line"));

	return (struct diff_words){
		.site = string_in(leak, "site"),
		.comm = string_in(leak, "comm"),
		.function = string_in(culprit, "function"),
		.module = string_in(culprit, "module"),
		.file = string_in(culprit, "file"),
		.language = string_in(culprit, "language"),
		.line = line > 0 ? (__u64)line : 0,
	};
}

static struct diff_socket *find_socket(struct json_input *input, __u64 inode)
{
	struct diff_socket *socket;

	HASH_FIND(hh, input->sockets, &inode, sizeof(inode), socket);
	return socket;
}

static int get_socket(struct json_input *input, __u64 inode, struct diff_socket **ret_socket)
{
	struct diff_socket *socket = find_socket(input, inode);

	*ret_socket = socket;
	if (socket)
		return 0;
	if (HASH_COUNT(input->sockets) >= DIFF_MAX_SOCKETS)
		return -EFBIG;
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -ENOMEM;
	socket->inode = inode;
	HASH_ADD(hh, input->sockets, inode, sizeof(inode), socket);
	if (!socket->hh.tbl) {
		free(socket);
		return -ENOMEM;
	}
	*ret_socket = socket;
	return 0;
}

static void remove_socket(struct json_input *input, __u64 inode)
{
	struct diff_socket *socket = find_socket(input, inode);

	if (!socket)
		return;
	HASH_DEL(input->sockets, socket);
	free(socket);
}

static int take_leak(struct json_input *input, const json_t *leak, __u64 inode)
{
	struct diff_words words = words_of(leak);
	struct diff_socket *socket;
	int err = get_socket(input, inode, &socket);

	if (err)
		return err;
	socket->maybe_in_use = json_is_true(json_object_get(leak, "may_be_in_use"));
	return diff_site_get(input->sites, input->side, &words, &socket->site);
}

static int take_object(struct json_input *input, const json_t *object)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	__u64 inode = (__u64)json_integer_value(json_object_get(object, "inode"));
	const char *mode;

	if (!type)
		return -EPROTO;
	if (!strcmp(type, "leak") && !inode)
		return -EPROTO; /* without it, three sockets would count as one */
	if (!strcmp(type, "leak")) {
		input->is_ours = true;
		return take_leak(input, object, inode);
	}
	if (!strcmp(type, "resolved"))
		remove_socket(input, inode);
	if (!strcmp(type, "summary")) {
		mode = json_string_value(json_object_get(object, "mode"));
		input->is_ours = true;
		input->is_scan = mode && !strcmp(mode, "scan");
	}
	return 0;
}

/* -EBADMSG: it is not JSON; -EPROTO: it is, but not ours. */
static int take_line(struct json_input *input, const struct text *line)
{
	json_error_t where;
	json_t *object;
	int err;

	if (!line->len)
		return -EPROTO;
	object = json_loadb(line->data, line->len, JSON_REJECT_DUPLICATES, &where);
	err = object ? take_object(input, object) : -EBADMSG;
	json_decref(object);
	return err;
}

/* The next line without its end, which the last one may lack. 1, 0 at the file's end, or -errno. */
static int next_line(FILE *file, struct text *line, bool *ret_has_end)
{
	int byte;

	text_clear(line);
	while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
		char character = (char)byte;

		if (line->len >= DIFF_MAX_LINE)
			return -EFBIG;
		text_add_bytes(line, &character, 1);
	}
	if (ferror(file))
		return errno ? -errno : -EIO;
	*ret_has_end = byte == '\n';
	return text_error(line) ?: *ret_has_end || line->len;
}

/* A scan also lists sockets that may be in use. They are in no profile, nor in its headline. */
static void count_sockets(struct json_input *input)
{
	struct diff_socket *socket, *next;

	HASH_ITER(hh, input->sockets, socket, next) {
		if (socket->site && !(input->is_scan && socket->maybe_in_use))
			socket->site->open[input->side]++;
		HASH_DEL(input->sockets, socket);
		free(socket);
	}
}

static int read_lines(FILE *file, struct json_input *input, struct text *ret_error)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned long long number = 0;
	bool has_end = true;
	int more = 1, err = 0;

	while (!err && (more = next_line(file, &line, &has_end)) > 0) {
		number++;
		err = take_line(input, &line);
	}
	/* A trace that was killed, or still runs, may have written a part of its last line. */
	if (err == -EBADMSG && !has_end && number > 1) {
		input->sites->is_cut[input->side] = true;
		err = more = 0;
	}
	err = err == -EBADMSG ? -EPROTO : err ?: more;
	if (err == -EPROTO && number == 1)
		text_add(ret_error, "neither the output of sockleak --json nor a profile of "
				    "--pprof");
	else if (err == -EPROTO)
		text_addf(ret_error, "line %llu is not one of sockleak --json", number);
	else if (err == -EFBIG)
		text_addf(ret_error, "line %llu or what is before it is too large", number);
	else if (!err && !input->is_ours)
		text_add(ret_error, "it has neither leaks nor a summary of sockleak --json");
	return err ?: ret_error->len ? -EPROTO : 0;
}

/* ---- Profiles ---- */

struct profile_input {
	enum diff_side side;
	struct diff_sites *sites;
};

static struct diff_string words_in(struct profile_string string)
{
	return (struct diff_string){ string.bytes, string.len };
}

/* A profile's words for what it has no function of: "[no stack]". JSON has null there. */
static bool is_placeholder(struct profile_string function)
{
	return function.len && function.bytes[0] == '[';
}

static struct profile_string function_of(const struct profile_sample *sample)
{
	struct profile_string function = sample->culprit.bytes ? sample->culprit : sample->function;

	return is_placeholder(function) ? (struct profile_string){ 0 } : function;
}

static int take_sample(const struct profile_sample *sample, void *ctx)
{
	struct profile_input *input = ctx;
	struct diff_words words = {
		.site = words_in(sample->site),
		.comm = words_in(sample->comm),
		.function = words_in(function_of(sample)),
		.module = words_in(sample->module),
		.file = words_in(sample->file),
		.line = sample->line,
	};
	struct diff_site *site;
	int err;

	if (!sample->values[PROFILE_OPEN])
		return 0;
	err = diff_site_get(input->sites, input->side, &words, &site);
	if (!err)
		site->open[input->side] += (__u64)sample->values[PROFILE_OPEN];
	return err;
}

static int read_whole(FILE *file, struct text *bytes)
{
	char piece[16384];
	size_t got;

	while ((got = fread(piece, 1, sizeof(piece), file)) && bytes->len <= DIFF_MAX_PROFILE)
		text_add_bytes(bytes, piece, got);
	if (ferror(file))
		return errno ? -errno : -EIO;
	return bytes->len > DIFF_MAX_PROFILE ? -EFBIG : text_error(bytes);
}

static int read_profile_file(FILE *file, enum diff_side side, struct diff_sites *sites,
			     struct text *ret_error)
{
	struct profile_input input = { side, sites };
	_cleanup_text_ struct text bytes = TEXT_INIT;
	int err = read_whole(file, &bytes);

	if (!err)
		err = profile_read(bytes.data, bytes.len, take_sample, &input, ret_error);
	if (err == -EFBIG && !ret_error->len)
		text_add(ret_error, "it is too large for a profile");
	return err;
}

int diff_read(FILE *file, enum diff_side side, struct diff_sites *sites, struct text *ret_error)
{
	struct json_input input = { .side = side, .sites = sites };
	int first = getc(file), err;

	if (first == EOF && ferror(file))
		return errno ? -errno : -EIO;
	if (first == EOF) {
		text_add(ret_error, "it is empty");
		return -EPROTO;
	}
	ungetc(first, file);
	if (first == 0x1f)
		return read_profile_file(file, side, sites, ret_error);
	err = read_lines(file, &input, ret_error);
	count_sockets(&input);
	return err;
}
