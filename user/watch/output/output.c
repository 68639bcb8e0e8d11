/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/output/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/signals.h"
#include "lib/text.h"
#include "lib/write_all.h"
#include "report/json/json_report.h"
#include "report/losses.h"
#include "report/text/text_report.h"
#include "watch/output/keyboard.h"
#include "watch/output/profiles.h"
#include "watch/output/view.h"

/* The table is followed by the stacks of this many sites; --verbose shows all that --top lists. */
#define STACKS_SHOWN 3
/* Go to the first line; after the report, clear what an older and longer one left. */
#define SCREEN_HOME "\033[H"
#define SCREEN_CLEAR "\033[2J"
#define LINE_CLEAR "\033[K"
#define REST_CLEAR "\033[J"

struct output {
	const struct options *options;
	int fd;
	bool live;	   /* a terminal on which the view can be redrawn */
	bool started;	   /* the view has been drawn before */
	struct text lines; /* by output__collect(): not written yet */
	struct json_last_code last;
	struct profiles profiles;
	struct view view;
	bool has_keys; /* a person may change the view */
	bool collects;
	int error;
};

/* Collected lines are written when they have this many bytes: as much as a pipe holds. */
#define COLLECTED_BYTES (64 * 1024)

int output__open(const struct options *options, struct output **ret_output)
{
	struct output *output = calloc(1, sizeof(*output));
	const char *terminal = getenv("TERM");

	if (!output)
		return -ENOMEM;
	output->options = options;
	output->fd = STDOUT_FILENO;
	if (options->output)
		output->fd = open(options->output,
				  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	else if (options->command == COMMAND_RUN) /* standard output is the program's */
		output->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (output->fd < 0) {
		int err = -errno;

		free(output);
		return err;
	}
	output->live = options->command != COMMAND_RUN && !options->json && isatty(output->fd) &&
		       terminal && strcmp(terminal, "dumb");
	*ret_output = output;
	return 0;
}

void output__free(struct output *output)
{
	if (!output)
		return;
	if (output->fd >= 0 && output->fd != STDOUT_FILENO)
		close(output->fd);
	json_last_code_clear(&output->last);
	text_free(&output->lines);
	view_free(&output->view);
	if (output->has_keys)
		keyboard_close();
	free(output);
}

int output__close(struct output *output)
{
	/* Some file systems report only at close() that there was no room. */
	if (close(output->fd) && !output->error)
		output->error = -errno;
	output->fd = -1;
	return output->error ?: output->profiles.error;
}

const char *output__name(const struct output *output)
{
	if (output->options->output)
		return output->options->output;
	return output->options->command == COMMAND_RUN ? "standard error" : "standard output";
}

int output__error(const struct output *output)
{
	return output->error;
}

bool output__add_error(const struct output *output, struct text *line)
{
	if (!output->error || (output->error == -EPIPE && signals_pipe_ends()))
		return false;
	text_addf(line, "cannot write to %s: ", output__name(output));
	if (output->error == -EINTR)
		text_add(line, "nobody reads it, and a second signal ended the wait");
	else
		text_add(line, strerror(-output->error));
	return true;
}

/* Write the text, unless the program is to end at once, and empty it. */
static void emit(struct output *output, struct text *text)
{
	if (!output->error)
		output->error = text_error(text);
	if (!output->error && text->len)
		output->error = write_all(output->fd, text->data, text->len, signals_stop_insisted);
	text_clear(text);
}

void output__collect(struct output *output)
{
	output->collects = true;
}

void output__leak(struct output *output, const struct leak *leak, enum leaks_change change,
		  const struct summary *summary)
{
	if (!output->options->json)
		return;
	json_leak(&output->lines, leak, change, summary, &output->last);
	if (!output->collects || output->lines.len >= COLLECTED_BYTES || text_error(&output->lines))
		emit(output, &output->lines);
}

void output__limit(struct output *output, const struct limited *limited,
		   const struct summary *summary)
{
	if (!output->options->json)
		return;
	json_limit(&output->lines, limited, summary);
	emit(output, &output->lines);
}

static struct text_layout layout_of(const struct output *output)
{
	const struct options *options = output->options;
	struct text_layout layout = {
		.top = options->top,
		.stacks = options->verbose ? options->top : STACKS_SHOWN,
		.verbose = options->verbose,
	};
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	struct winsize size;

	if (!output->live)
		return layout;
	layout.bold = !no_color || !*no_color;
	if (!ioctl(output->fd, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		layout.columns = size.ws_col;
		layout.rows = size.ws_row > 1 ? size.ws_row - 1U : 1; /* the cursor's own */
	}
	return layout;
}

/* The last row of the screen, without a line's end, which would scroll. */
static void add_keys(const struct output *output, struct text *screen, unsigned int columns)
{
	_cleanup_text_ struct text keys = TEXT_INIT;

	view_add_keys(&output->view, &keys);
	if (columns && keys.len > columns)
		text_cut(&keys, columns);
	text_addf(screen, "%s" LINE_CLEAR, text_str(&keys));
}

/* Draw over the last view, line by line, so that it does not flicker. */
static void draw(struct output *output, const struct text *report, unsigned int columns)
{
	_cleanup_text_ struct text screen = TEXT_INIT;
	const char *line = text_str(report), *end;

	text_add(&screen, output->started ? SCREEN_HOME : SCREEN_HOME SCREEN_CLEAR);
	output->started = true;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		text_add_bytes(&screen, line, (size_t)(end - line));
		text_add(&screen, LINE_CLEAR "\n");
	}
	if (output->has_keys && keyboard_is_ours())
		add_keys(output, &screen, columns);
	text_add(&screen, REST_CLEAR);
	emit(output, &screen);
}

bool output__is_live(const struct output *output)
{
	return output->live;
}

static void draw_view(struct output *output, struct leaks *leaks, const struct summary *summary)
{
	struct text_layout layout = layout_of(output);
	_cleanup_text_ struct text report = TEXT_INIT;
	int err = output->has_keys ? view_arrange(&output->view, leaks, &layout) : 0;

	if (!err)
		text_report(&report, leaks, summary, &layout);
	if (err || text_error(&report))
		output->error = -ENOMEM;
	else
		draw(output, &report, layout.columns);
}

/*
 * In the background the screen is somebody else's. A terminal that does not control us is nobody's.
 */
static bool has_screen(const struct output *output)
{
	pid_t foreground = output->live ? tcgetpgrp(output->fd) : -1;

	return output->live && (foreground < 0 || foreground == getpgrp());
}

void output__sweep(struct output *output, struct leaks *leaks, const struct summary *summary)
{
	if (has_screen(output) && !output->view.is_frozen)
		draw_view(output, leaks, summary);
	else if (!output->view.is_frozen)
		output->started = false; /* what stands there later is not the view */
}

void output__open_keys(struct output *output)
{
	output->has_keys = output->live && keyboard_open();
}

int output__keys_fd(const struct output *output)
{
	return output->has_keys ? keyboard_fd() : -1;
}

void output__take_keys(struct output *output, struct leaks *leaks, const struct summary *summary)
{
	int key = output->has_keys ? keyboard_key() : KEY_NONE;
	struct text_layout layout = { .verbose = output->options->verbose };
	bool redraws = false;

	if (key == KEY_NONE)
		return;
	output->error = view_arrange(&output->view, leaks, &layout) ?: output->error;
	for (; key != KEY_NONE && !output->error; key = keyboard_key()) {
		enum view_effect effect = view_key(&output->view, key);

		redraws |= effect == VIEW_REDRAW;
		if (effect == VIEW_QUIT)
			signals_ask_stop();
	}
	if (redraws)
		draw_view(output, leaks, summary);
}

void output__profiles(struct output *output, struct leaks *leaks, const struct summary *summary)
{
	profiles_write(&output->profiles, output->options, leaks, summary);
}

/* A run that was to be quiet, of which there is nothing to say, as with other checkers. */
static bool has_nothing_to_say(const struct output *output, const struct summary *summary)
{
	const struct loss *loss = NULL;

	if (!summary->run || !output->options->quiet || output->options->json)
		return false;
	if (summary->run->by_growth ? summary->leaks.leaking : summary->leaks.open)
		return false;
	while ((loss = loss_next(loss)))
		if (loss_count(loss, summary))
			return false;
	return true;
}

void output__report(struct output *output, struct leaks *leaks, const struct summary *summary)
{
	struct text_layout layout = layout_of(output);
	struct text *report = &output->lines;

	if (output->options->json) {
		json_summary(report, leaks, summary, output->options->top);
	} else {
		/*
		 * It is written below the live view, as a whole, and stays in the terminal's
		 * history.
		 */
		layout.rows = layout.columns = 0;
		if (output->started)
			text_add(report, SCREEN_HOME REST_CLEAR);
		output->started = false;
		if (!has_nothing_to_say(output, summary))
			text_report(report, leaks, summary, &layout);
	}
	emit(output, report);
	output__profiles(output, leaks, summary);
	text_free(report); /* the next sweep may be far away, or never come */
}
