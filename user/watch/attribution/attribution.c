/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/attribution/attribution_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/process.h"
#include "lib/text.h"
#include "stacks/culprit.h"
#include "stacks/site_id.h"

/* How many processes have their modules read before they have a leak: in one sweep, and in all. */
#define LOOKS_A_SWEEP 16
#define MAX_LOOKED 1024
/* Stacks that are kept by name during one sweep. */
#define MAX_NAMED 8192

static void forget_looked(struct attribution *attribution, struct looked *looked)
{
	HASH_DEL(attribution->looked, looked);
	free(looked);
}

/* By the next sweep a process may run other code, and debug information may have been installed. */
static void forget_named(struct attribution *attribution)
{
	struct named *named, *next;

	HASH_ITER(hh, attribution->named, named, next) {
		HASH_DEL(attribution->named, named);
		stack_unref(named->stack);
		free(named);
	}
}

void attribution__free(struct attribution *attribution)
{
	if (!attribution)
		return;
	forget_named(attribution);
	early_clear(attribution);
	while (attribution->looked)
		forget_looked(attribution, attribution->looked);
	hints__free(attribution->hints);
	resolver__free(attribution->resolver); /* before the fetcher, which it asks */
	fetcher__free(attribution->fetcher);
	call_sites__free(attribution->call_sites);
	owners__free(attribution->owners);
	opener__free(attribution->opener); /* after all who ask it */
	free(attribution);
}

static int ask_fetcher(const char *build_id, int *ret_fd, void *ctx)
{
	struct attribution *attribution = ctx;

	return attribution->fetcher ? fetcher__ask(attribution->fetcher, build_id, ret_fd) :
				      -ENOENT;
}

/* The user whose rights decide which files are opened for a process; nobody if it is gone. */
struct subject subject_of(pid_t tgid)
{
	struct subject subject = { .tgid = tgid };

	process_uid(tgid, &subject.uid);
	return subject;
}

static int find_package(void *ctx, pid_t tgid, const char *path, const char *build_id,
			struct package *ret_package)
{
	struct attribution *attribution = ctx;
	bool gone = !process_alive(tgid);
	/* Its files may still be there, under the same names in the root directory of ours. */
	struct subject subject = subject_of(gone ? getpid() : tgid);
	int err = resolver__package(attribution->resolver, &subject, path, build_id, ret_package);

	/*
	 * The files of a container, or files that have been replaced: their package is not known.
	 */
	return !err && gone && (!build_id || ret_package->replaced) ? -ENOENT : err;
}

static bool has_file(void *ctx, pid_t tgid, const char *path)
{
	const struct attribution *attribution = ctx;

	return !opener__has_file(attribution->opener, tgid, path);
}

int attribution__new(bool fetches, struct attribution **ret_attribution, struct text *ret_error)
{
	struct attribution *attribution = calloc(1, sizeof(*attribution));
	int err = fetches && attribution ? fetcher__new(&attribution->fetcher, ret_error) : 0;

	if (!attribution)
		return -ENOMEM;
	attribution->opener = opener__new();
	if (attribution->opener)
		attribution->resolver =
			resolver__new(attribution->opener, ask_fetcher, attribution);
	attribution->call_sites = call_sites__new();
	attribution->owners = owners__new(attribution->opener);
	if (!err && (!attribution->resolver || !attribution->call_sites || !attribution->owners))
		err = -ENOMEM;
	if (!err)
		err = hints__new(find_package, has_file, attribution, &attribution->hints);
	if (err) {
		attribution__free(attribution);
		return err;
	}
	*ret_attribution = attribution;
	return 0;
}

void attribution__know_past(struct attribution *attribution, access_past_fn past, void *ctx)
{
	resolver__know_past(attribution->resolver, past, ctx);
}

struct opener *attribution__opener(const struct attribution *attribution)
{
	return attribution->opener;
}

void attribution__children(const struct attribution *attribution,
			   pid_t ret_children[HEALTH_CHILDREN])
{
	ret_children[0] = resolver__pid(attribution->resolver);
	ret_children[1] = opener__pid(attribution->opener);
}

void attribution__summarize(const struct attribution *attribution, struct summary *ret_summary)
{
	ret_summary->resolver = *resolver__counts(attribution->resolver);
	ret_summary->resolver.late += opener__late(attribution->opener);
	ret_summary->scripts_faulted = attribution->scripts_faulted;
	ret_summary->stacks_astray = attribution->stacks_astray;
	ret_summary->scripts_cut = attribution->scripts_cut;
	ret_summary->resolver.stuck = expendables_count(opener__expendables(attribution->opener));
	ret_summary->fetches = attribution->fetcher;
	if (attribution->fetcher)
		ret_summary->fetcher = *fetcher__counts(attribution->fetcher);
}

void attribution__hurry(struct attribution *attribution, bool hurries)
{
	resolver__hurry(attribution->resolver, hurries);
}

bool attribution__is_busy(struct attribution *attribution)
{
	return resolver__is_busy(attribution->resolver);
}

int attribution__answers_fd(const struct attribution *attribution)
{
	return resolver__answers_fd(attribution->resolver);
}

void attribution__be_patient(struct attribution *attribution, unsigned int attempts)
{
	resolver__be_patient(attribution->resolver, attempts);
}

void attribution__begin_sweep(struct attribution *attribution)
{
	resolver__begin_sweep(attribution->resolver);
	turns_begin(&attribution->looks, LOOKS_A_SWEEP);
	early_begin_sweep(attribution);
	owners__begin_sweep(attribution->owners);
	expendables_count(opener__expendables(attribution->opener));
	forget_named(attribution);
	if (attribution->fetcher)
		fetcher__step(attribution->fetcher);
}

static struct looked *find_looked(struct attribution *attribution, __u32 tgid)
{
	struct looked *looked;

	HASH_FIND(hh, attribution->looked, &tgid, sizeof(tgid), looked);
	return looked;
}

/* Were the modules of the process read that had this number when the socket was created? */
bool has_looked(struct attribution *attribution, __u32 tgid, __u64 since_ns)
{
	const struct looked *looked = find_looked(attribution, tgid);

	return looked && looked->start_ns <= since_ns;
}

/* Let the resolver read its modules. */
static void look_at_modules(struct attribution *attribution, const struct pending *socket)
{
	struct subject subject = { (pid_t)socket->tgid, socket->uid };
	struct looked *looked = find_looked(attribution, socket->tgid);
	__u64 start_ns;
	int err;

	if (!turns_has(&attribution->looks, subject.uid) ||
	    process_start_time(subject.tgid, &start_ns) || (looked && looked->start_ns == start_ns))
		return;
	turns_take(&attribution->looks, subject.uid);
	err = resolver__look(attribution->resolver, &subject);
	if (err == -EAGAIN || err == -EBUSY) /* it was not asked */
		return;
	if (looked)
		forget_looked(attribution, looked);
	if (HASH_COUNT(attribution->looked) >= MAX_LOOKED)
		forget_looked(attribution, attribution->looked);
	looked = calloc(1, sizeof(*looked));
	if (!looked)
		return;
	looked->tgid = socket->tgid;
	looked->start_ns = start_ns;
	HASH_ADD(hh, attribution->looked, tgid, sizeof(looked->tgid), looked);
	if (!looked->hh.tbl)
		free(looked);
}

void attribution__look(struct attribution *attribution, struct stack_evidence evidence,
		       const struct event *event)
{
	owners__look(attribution->owners, event);
	look_at_modules(attribution, &event->socket);
	early_name(attribution, &evidence, event);
}

int attribution__recipe(struct attribution *attribution, pid_t tgid,
			struct script_recipe *ret_recipe)
{
	struct subject subject = subject_of(tgid);
	__u64 start_code;
	int err = process_start_code(tgid, &start_code);

	return err ?: resolver__recipe(attribution->resolver, &subject, start_code, ret_recipe);
}

static __u64 count_unanswered(const struct attribution *attribution)
{
	return resolver__unanswered(attribution->resolver) +
	       opener__unanswered(attribution->opener);
}

void begin_search(struct attribution *attribution)
{
	attribution->unanswered = count_unanswered(attribution);
}

bool lacks_answers(const struct attribution *attribution)
{
	return count_unanswered(attribution) != attribution->unanswered;
}

/* Did the process run when the socket was created? (A younger process may have its pid now.) */
bool was_there(__u32 tgid, __u64 since_ns)
{
	__u64 start_ns;

	return process_alive((pid_t)tgid) && !process_start_time((pid_t)tgid, &start_ns) &&
	       start_ns <= since_ns;
}

/*
 * The process in whose code a stack is looked up. It is the creator, even if that has
 * ended, provided that its modules were read before. Otherwise it is the holder, if the
 * holder can be a child of the creator that runs the same code; a holder that is older than
 * the socket received it by SCM_RIGHTS. 0: the code is no longer there.
 */
static pid_t code_process(struct attribution *attribution, const struct event *event)
{
	const struct pending *socket = &event->socket;

	if (event->tgid == socket->tgid)
		return event->execed ? 0 : (pid_t)socket->tgid;
	if (was_there(socket->tgid, socket->since_ns) ||
	    has_looked(attribution, socket->tgid, socket->since_ns))
		return (pid_t)socket->tgid;
	if (event->execed || was_there(event->tgid, socket->since_ns))
		return 0;
	return (pid_t)event->tgid;
}

struct subject code_of(struct attribution *attribution, const struct event *event)
{
	return (struct subject){ code_process(attribution, event), event->socket.uid };
}

/* The stack on which the socket was created, one reference; NULL = none is known. */
static struct stack *unwind(struct attribution *attribution, const struct raw_stack *raw,
			    const struct pending *socket, const struct subject *code)
{
	const __u64 *pcs = raw->pcs;
	enum stack_source source = STACK_FP;
	unsigned int count = raw->count;
	struct stack *stack = NULL;
	int err = raw->snapshot && code->tgid ?
			  resolver__unwind(attribution->resolver, code, raw->snapshot, &stack) :
			  -ENOENT;

	attribution->stacks_astray += err == -ENXIO;
	if (!err) {
		if (stack->source != STACK_SNAPSHOT) /* its files are not opened */
			return call_sites__adopt(attribution->call_sites, socket, stack);
		call_sites__learn(attribution->call_sites, socket, stack);
		return stack;
	}
	if (!count && !(socket->flags & PENDING_STACK)) { /* the call itself is known at least */
		pcs = &socket->origin;
		count = socket->origin != 0;
		source = STACK_CALL;
	}
	if (count)
		resolver__resolve(attribution->resolver, code, pcs, count, socket->caller, source,
				  &stack);
	return call_sites__adopt(attribution->call_sites, socket, stack);
}

/* The package of the culprit. It is looked up once for a stack, while its process exists. */
static void name_package(struct attribution *attribution, const struct subject *code,
			 struct stack *stack)
{
	const struct frame *culprit = culprit_place(stack).frame;
	struct text label = TEXT_INIT;
	struct package package;
	const char *path;

	if (!culprit || stack->package)
		return;
	path = culprit->script ? culprit->file : culprit->module;
	if (!path || (culprit->script && path[0] != '/') ||
	    resolver__package(attribution->resolver, code, path, culprit->build_id, &package))
		return;
	package_add_label(&label, &package);
	stack->package = label.data; /* NULL when there is no label */
}

/* How the stack was taken, and its site then: the addresses alone do not say that. */
static void set_sources(struct stack *stack, const struct reported_stack *reported)
{
	unsigned int n = 0;

	stack->source = (enum stack_source)reported->source;
	stack_set_end(stack, (enum stack_end)reported->end);
	stack->site = site_given(stack, reported->site, reported->rules);
	for (unsigned int i = 0; i < stack->count && n < reported->count; i++) {
		stack->frames[i].source = (enum frame_source)reported->found[n];
		n += !stack->frames[i].inlined; /* inlined: the next frame has the address */
	}
}

/* Build a stack that was reported before from its addresses. */
static struct stack *name(struct attribution *attribution, const struct reported_stack *reported,
			  const struct pending *socket, const struct subject *code)
{
	struct stack *stack = NULL, *own;

	if (resolver__resolve(attribution->resolver, code, reported->pcs, reported->count,
			      /* caller= */ 0, STACK_FP, &stack))
		return NULL;
	own = stack_copy(stack);
	stack_unref(stack);
	if (!own)
		return NULL;
	set_sources(own, reported);
	if (own->source == STACK_SNAPSHOT)
		call_sites__learn(attribution->call_sites, socket, own);
	return own;
}

/* Without memory the next leak with this stack names it again. */
static void remember_named(struct attribution *attribution, const struct named_key *key,
			   struct stack *stack)
{
	struct named *named;

	if (HASH_COUNT(attribution->named) >= MAX_NAMED)
		forget_named(attribution);
	named = calloc(1, sizeof(*named));
	if (!named)
		return;
	named->key = *key;
	HASH_ADD(hh, attribution->named, key, sizeof(named->key), named);
	if (named->hh.tbl)
		named->stack = stack_ref(stack);
	else
		free(named);
}

/* The stack as it was reported before, one reference, or NULL. */
static struct stack *find_reported_before(struct attribution *attribution,
					  const struct stack_evidence *evidence,
					  const struct pending *socket, const struct subject *code)
{
	struct named_key key = { .tgid = (__u64)code->tgid };
	struct reported_stack reported;
	struct named *named;
	struct stack *stack;

	if (!evidence->find_key(evidence->ctx, socket, &key.stack))
		return NULL;
	HASH_FIND(hh, attribution->named, &key, sizeof(key), named);
	if (named)
		return stack_ref(named->stack);
	if (!evidence->find_stack(evidence->ctx, key.stack, &reported))
		return NULL;
	stack = name(attribution, &reported, socket, code);
	name_package(attribution, code, stack);
	if (stack && stack->site && !lacks_answers(attribution)) /* names may come */
		remember_named(attribution, &key, stack);
	return stack;
}

void attributed_free(struct attributed *attributed)
{
	owner_unref(attributed->owner);
	stack_unref(attributed->stack);
	stack_unref(attributed->tried.stack);
}

int attribution__own(struct attribution *attribution, struct attributed *attributed)
{
	attributed->owner = owners__find(attribution->owners, attributed->event);
	return attributed->owner ? 0 : -ENOMEM;
}

/* The stack that is new, in attributed. */
static void find_new(struct attribution *attribution, const struct raw_stack *raw,
		     struct attributed *attributed, const struct subject *code)
{
	const struct event *event = attributed->event;
	const struct pending *socket = &event->socket;
	struct stack *early = early_take(attribution, socket);

	if (early && event->execed) { /* it may have been named after that */
		stack_unref(early);
		early = NULL;
	}
	if (early)
		call_sites__learn(attribution->call_sites, socket, early);
	attributed->stack = early ? early : unwind(attribution, raw, socket, code);
	name_package(attribution, code, attributed->stack);
	if (early && lacks_answers(attribution))
		early_put_back(attribution, socket, early);
}

int put_off(struct attributed *attributed)
{
	attributed_free(attributed);
	attributed->owner = NULL;
	attributed->stack = NULL;
	attributed->tried = (struct tried){ 0 };
	attributed->was_reported = false;
	return -EINPROGRESS;
}

int attribution__find(struct attribution *attribution, const struct stack_evidence *evidence,
		      struct attributed *attributed)
{
	const struct event *event = attributed->event;
	const struct pending *socket = &event->socket;
	struct raw_stack raw = { 0 };
	struct subject code;
	bool has_try;
	int err;

	begin_search(attribution);
	err = attribution__own(attribution, attributed);
	if (err)
		return err;
	has_try = search_try(attribution, evidence, attributed);
	code = code_of(attribution, event);
	/*
	 * If an earlier run reported it, that run has freed the snapshot; the addresses are kept.
	 */
	attributed->stack = find_reported_before(attribution, evidence, socket, &code);
	attributed->was_reported = attributed->stack;
	if (!attributed->was_reported) {
		evidence->read_raw(evidence->ctx, socket, &raw);
		find_new(attribution, &raw, attributed, &code);
	}
	if (lacks_answers(attribution))
		return put_off(attributed);
	early_count_cut(attribution, raw.snapshot);
	if (raw.snapshot && evidence->drop)
		evidence->drop(evidence->ctx, socket);
	if (has_try)
		drop_try(evidence, event);
	return 0;
}
