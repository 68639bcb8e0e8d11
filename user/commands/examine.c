/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "commands/findings.h"
#include "commands/preflight.h"
#include "host/rights.h"
#include "kernel/bpf_stats.h"
#include "kernel/tracer.h"
#include "lib/time.h"

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].name);
		free(findings->items[i].text);
	}
	free(findings->items);
	*findings = (struct findings){ 0 };
}

static int add_finding(struct findings *findings, const char *name, enum finding_status status,
		       const char *text)
{
	struct finding *items = reallocarray(findings->items, findings->count + 1, sizeof(*items));
	struct finding finding = { strdup(name), strdup(text), status };

	if (items)
		findings->items = items;
	if (!items || !finding.name || !finding.text) {
		free(finding.name);
		free(finding.text);
		return -ENOMEM;
	}
	items[findings->count++] = finding;
	findings->counts[status]++;
	if (status != FINDING_UNKNOWN && status > findings->worst)
		findings->worst = status;
	return 0;
}

/* The minimum that a run needs. *ret_passed false: there is no point in loading. */
static int add_preflight(struct findings *findings, const struct options *options, bool *ret_passed)
{
	const struct preflight *next;
	int result = 0;

	*ret_passed = true;
	for (next = preflight_next(NULL); next && !result; next = preflight_next(next)) {
		_cleanup_text_ struct text text = TEXT_INIT;
		int err = next->check(options, &text);

		if (!err)
			text_add(&text, next->passed);
		result = add_finding(findings, next->name, err ? FINDING_FAILED : FINDING_OK,
				     text_str(&text));
		*ret_passed = *ret_passed && !err;
	}
	return result;
}

static int add_table(struct findings *findings, const struct options *options)
{
	const struct finding_check *next;
	int err = 0;

	for (next = finding_next(NULL); next && !err; next = finding_next(next)) {
		_cleanup_text_ struct text text = TEXT_INIT;
		enum finding_status status;

		status = next->look(options, &text);
		err = add_finding(findings, next->name, status, text_str(&text));
	}
	return err;
}

static void ignore(const struct event *event, void *ctx)
{
	(void)event, (void)ctx;
}

/* As at the start of the agent: 0 or -errno with one line, cause and remedy. */
static int give_up(struct text *ret_error)
{
	int err = rights_give_up(CAP_SYS_ADMIN, /* ret_had= */ NULL);

	if (err)
		text_addf(ret_error, "cannot give up CAP_SYS_ADMIN: %s (let seccomp allow capset)",
			  strerror(-err));
	return err;
}

/* Which kind was chosen, what it sees and costs, and why the better ones were not. */
static int add_hooks(struct findings *findings, const struct hooks *hooks)
{
	const struct hook_kind *kind = hooks__kind(hooks);
	const char *misses = hooks__misses(hooks);
	_cleanup_text_ struct text text = TEXT_INIT;
	unsigned int count;
	const struct kind_refusal *why = hooks__why(hooks, &count);

	text_addf(&text, "%s: sees %s%s; cost for other system calls: %s", kind->name, kind->sees,
		  hooks__sees_uring(hooks) ? ", and io_uring" : "", kind->costs);
	if (misses)
		text_addf(&text, "; misses calls: %s", misses);
	if (count)
		text_add(&text, "; not used: ");
	kind_refusals_add(&text, why, count, /* with_remedies= */ true);
	return add_finding(findings, "hooks",
			   kind->is_everywhere || misses ? FINDING_LIMITED : FINDING_OK,
			   text_str(&text));
}

/* `gives_up`: gives CAP_SYS_ADMIN up as the agent does, and tries the rest without it. */
static int add_load(struct findings *findings, const struct options *options, bool gives_up)
{
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC), loaded_ns;
	_cleanup_text_ struct text text = TEXT_INIT;
	struct options unpinned = *options; /* it changes nothing, and an agent may use it */
	struct tracer *tracer = NULL;
	struct health health = { 0 };
	int err, result;

	unpinned.pin = NULL;
	err = tracer__open(&unpinned, ignore, NULL, &tracer, &text);
	if (!err && gives_up)
		err = give_up(&text);
	if (!err)
		err = tracer__load(tracer, &unpinned, &text);
	if (!err)
		err = tracer__attach(tracer, &unpinned, &text);
	loaded_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
	if (!err) {
		bpf_stats_update(&health, tracer);
		text_addf(&text, "loaded and attached in %llu ms by %s, %.1f MiB of kernel memory",
			  (unsigned long long)(loaded_ns / NSEC_PER_MSEC),
			  hooks__kind(tracer__hooks(tracer))->name,
			  (double)health.bpf_bytes / (1024 * 1024));
	}
	result = add_finding(findings, "programs", err ? FINDING_FAILED : FINDING_OK,
			     text_str(&text));
	if (!err && !result)
		result = add_hooks(findings, tracer__hooks(tracer));
	tracer__free(tracer);
	return result;
}

int examine(const struct options *options, struct findings *findings)
{
	bool passed;
	int err = add_preflight(findings, options, &passed);

	if (err)
		return err;
	if (passed) {
		err = add_load(findings, options, /* gives_up= */ false);
		if (err)
			return err;
	}
	return add_table(findings, options);
}

/* ---- The service ---- */

static int add_pin_sandbox(struct findings *findings, const struct options *options,
			   const struct unit *unit)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	if (!options->pin || unit_may_pin(unit, options->pin))
		return 0;
	text_add(&text, "the unit's ProtectKernelTunables= makes ");
	text_add_clean(&text, options->pin, strlen(options->pin));
	text_add(&text, " read-only: a restart loses everything known (systemctl edit " UNIT_NAME
			", ReadWritePaths= of that very directory)");
	return add_finding(findings, "sandbox", FINDING_LIMITED, text_str(&text));
}

static int add_unit(struct findings *findings, const struct unit *unit)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	text_add_clean(&text, unit->path, strlen(unit->path));
	if (unit->is_masked) {
		text_add(&text, " is masked, so it cannot start (systemctl unmask " UNIT_NAME ")");
		return add_finding(findings, "unit", FINDING_FAILED, text_str(&text));
	}
	text_add(&text, ", as the user ");
	text_add_clean(&text, unit->user, strlen(unit->user));
	return add_finding(findings, "unit", FINDING_OK, text_str(&text));
}

/* As an agent starts: the tracepoints are opened, then CAP_SYS_ADMIN is given up. */
static int examine_start(struct findings *findings, const struct options *options)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	bool passed = false;
	int err = add_preflight(findings, options, &passed);

	if (err)
		return err;
	if (passed)
		err = add_load(findings, options, /* gives_up= */ true);
	else if (give_up(&text))
		err = add_finding(findings, "service", FINDING_FAILED, text_str(&text));
	if (err)
		return err;
	return add_table(findings, options);
}

/* The child: prints each finding as one line, "STATUS NAME TEXT". Returns its exit status. */
static int examine_as(const struct unit *unit, const struct options *options, int fd)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct findings findings = { 0 };
	int err = unit_become(unit, &error);

	if (err)
		err = add_finding(&findings, "service", FINDING_FAILED, text_str(&error));
	else
		err = examine_start(&findings, options);
	for (size_t i = 0; i < findings.count; i++)
		dprintf(fd, "%d %s %s\n", findings.items[i].status, findings.items[i].name,
			findings.items[i].text);
	findings_free(&findings);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int read_findings(struct findings *findings, int fd)
{
	FILE *lines = fdopen(fd, "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	if (!lines) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && getline(&line, &room, lines) > 0) {
		char *rest = line, *name, *status = strsep(&rest, " ");
		unsigned long number = strtoul(status, NULL, 10);

		name = strsep(&rest, " ");
		if (!rest || number >= FINDING_STATUSES)
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		err = add_finding(findings, name, (enum finding_status)number, rest);
	}
	free(line);
	fclose(lines);
	return err;
}

static int examine_in_child(const struct options *options, const struct unit *unit,
			    struct findings *findings)
{
	int ends[2], status = 0, err;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	child = fork();
	if (!child) {
		close(ends[0]);
		_exit(examine_as(unit, options, ends[1]));
	}
	err = child < 0 ? -errno : 0;
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	err = read_findings(findings, ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && (!WIFEXITED(status) || WEXITSTATUS(status)))
		err = add_finding(findings, "service", FINDING_FAILED,
				  "the check with its rights was interrupted (a bug in sockleak)");
	return err;
}

/* The checks that need no rights: the unit, and what the host demands. */
static int examine_from_outside(const struct unit *unit, struct findings *findings)
{
	const unsigned long long needed = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;
	_cleanup_text_ struct text rights = TEXT_INIT, hooks = TEXT_INIT;
	enum finding_status status;
	int err;

	if ((unit->given & needed) == needed)
		err = add_finding(findings, "capabilities", FINDING_OK,
				  "the unit has what loading needs");
	else
		err = add_finding(findings, "capabilities", FINDING_FAILED,
				  "the unit lacks CAP_BPF or CAP_PERFMON (systemctl edit " UNIT_NAME
				  ", AmbientCapabilities=)");
	if (err)
		return err;
	status = finding_rights(unit->given & ~(1ULL << CAP_SYS_ADMIN), &rights);
	err = add_finding(findings, "rights", status, text_str(&rights));
	if (err)
		return err;
	status = finding_paranoid(unit->given, &hooks);
	err = add_finding(findings, "hooks", status, text_str(&hooks));
	if (err)
		return err;
	return add_finding(findings, "programs", FINDING_UNKNOWN,
			   "only root can check with the service's rights (sudo sockleak doctor)");
}

int examine_service(const struct options *options, const struct unit *unit,
		    struct findings *findings)
{
	int err = add_unit(findings, unit);

	if (err || unit->is_masked)
		return err;
	err = add_pin_sandbox(findings, options, unit);
	if (err)
		return err;
	return geteuid() ? examine_from_outside(unit, findings) :
			   examine_in_child(options, unit, findings);
}
