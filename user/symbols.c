/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module_symbols.h"
#include "modules.h"
#include "process.h"
#include "sockleak.h"
#include "unwind.h"

#define MAX_IMAGES 16
#define MAX_FILES 256
#define MAX_RESOLVED 32
#define FRESH_NS 1000000000ULL

/* A mapped file that was in a stack. */
struct file {
	struct file *next;
	struct module_symbols *symbols;
};

/* A stack that was resolved before. */
struct resolved {
	struct stack *stack; /* NULL: an empty place */
	__u64 *pcs;
	__u64 caller;
	unsigned int count;
};

/* What a process has mapped. An exec gives it another image. */
struct image {
	pid_t tgid;
	__u64 start_ns;
	__u64 read_ns; /* when its mappings were last known to be true */
	__u64 used;
	struct modules *modules;
	Dwfl *dwfl;
	struct file *files;
	struct resolved resolved[MAX_RESOLVED];
	unsigned int next_resolved;
};

struct symbols {
	struct image *images[MAX_IMAGES];
	__u64 uses;
	unsigned int files;
};

/* ---- Images of processes ---- */

static void free_image(struct symbols *symbols, struct image *image)
{
	struct file *file, *next;
	unsigned int i;

	if (!image)
		return;
	for (i = 0; i < MAX_RESOLVED; i++) {
		stack_unref(image->resolved[i].stack);
		free(image->resolved[i].pcs);
	}
	if (image->dwfl)
		dwfl_end(image->dwfl); /* first: it may refer to the files */
	for (file = image->files; file; file = next) {
		next = file->next;
		module_symbols_free(file->symbols);
		free(file);
		symbols->files--;
	}
	modules__free(image->modules);
	free(image);
}

static void drop_image(struct symbols *symbols, struct image **slot)
{
	free_image(symbols, *slot);
	*slot = NULL;
}

/* Drop the image that was not used for longest, but not this one. False: there is no other. */
static bool evict(struct symbols *symbols, const struct image *keep)
{
	struct image **oldest = NULL, **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (*slot && *slot != keep && (!oldest || (*slot)->used < (*oldest)->used))
			oldest = slot;
	if (!oldest)
		return false;
	drop_image(symbols, oldest);
	return true;
}

static struct image **find_slot(struct symbols *symbols, pid_t tgid)
{
	struct image **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (*slot && (*slot)->tgid == tgid)
			return slot;
	return NULL;
}

static void place_image(struct symbols *symbols, struct image *image)
{
	struct image **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (!*slot)
			break;
	if (slot == symbols->images + MAX_IMAGES) {
		evict(symbols, NULL);
		place_image(symbols, image);
		return;
	}
	*slot = image;
}

/* Takes the modules, also on failure. */
static struct image *new_image(pid_t tgid, __u64 start_ns, struct modules *modules)
{
	struct image *image = calloc(1, sizeof(*image));

	if (image)
		image->dwfl = module_symbols_begin();
	if (!image || !image->dwfl) {
		free(image);
		modules__free(modules);
		return NULL;
	}
	image->tgid = tgid;
	image->start_ns = start_ns;
	image->modules = modules;
	return image;
}

static __u64 monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Bring what is known of a process up to date. On failure what was known stays, if it is its. */
static int refresh_image(struct symbols *symbols, pid_t tgid)
{
	struct image **slot = find_slot(symbols, tgid), *image = slot ? *slot : NULL;
	__u64 now_ns = monotonic_ns(), start_ns;
	struct modules *modules;
	int err;

	err = process_start_time(tgid, &start_ns);
	if (err)
		return err;
	if (image && image->start_ns != start_ns) {
		drop_image(symbols, slot);
		image = NULL;
	}
	if (image && now_ns - image->read_ns < FRESH_NS)
		return 0;
	err = modules__read(tgid, &modules);
	if (err)
		return err;
	if (image && modules__equal(modules, image->modules)) {
		modules__free(modules);
		image->read_ns = now_ns;
		return 0;
	}
	if (image)
		drop_image(symbols, slot);
	image = new_image(tgid, start_ns, modules);
	if (!image)
		return -ENOMEM;
	image->read_ns = now_ns;
	place_image(symbols, image);
	return 0;
}

/*
 * What a process has mapped now, or last had. -ENOMEM; any other error: nothing
 * can be said about it. Of a process that is gone, one of the same pid before it
 * may be found: its addresses then seldom fit (ASLR), and the stack is cut.
 */
static int find_image(struct symbols *symbols, pid_t tgid, struct image **ret_image)
{
	int err = refresh_image(symbols, tgid);
	struct image **slot = find_slot(symbols, tgid);

	if (!slot)
		return err;
	(*slot)->used = ++symbols->uses;
	*ret_image = *slot;
	return 0;
}

/* The file of a mapping, opened when it is first asked for. NULL: no place or no memory. */
static struct module_symbols *find_file(struct symbols *symbols, struct image *image,
					const struct mapping *mapping)
{
	struct file *file;

	for (file = image->files; file; file = file->next)
		if (module_symbols_mapping(file->symbols) == mapping)
			return file->symbols;
	while (symbols->files >= MAX_FILES)
		if (!evict(symbols, image))
			return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->symbols = module_symbols_open(image->dwfl, image->tgid, mapping);
	if (!file->symbols) {
		free(file);
		return NULL;
	}
	file->next = image->files;
	image->files = file;
	symbols->files++;
	return file->symbols;
}

/* ---- Stacks ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool matches(const char *path, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, base_name(path), 0))
			return true;
	return false;
}

static const char *const glibc[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", NULL,
};

/* What lies between a program and the kernel; language runtimes are not told yet. */
static const char *const plumbing[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", "ld-linux*.so.*",
	"ld-2.*.so", "ld64.so.*",   "ld-musl-*.so.*",  "libc.musl-*.so.*",  "\\[vdso]",
	NULL,
};

static bool is_socket(const struct frame *frame)
{
	return frame->function &&
	       (!strcmp(frame->function, "socket") || !strcmp(frame->function, "__socket"));
}

/*
 * Executable memory that only looks like a file: JIT compilers map the same
 * pages twice, to write and to run. An offset in it means nothing elsewhere.
 */
static bool is_nameless(const char *path)
{
	return !strncmp(path, "/memfd:", 7) || !strcmp(path, "/dev/zero") ||
	       !strncmp(path, "/SYSV", 5);
}

/*
 * All that is known of the code at an address. Less without memory. pc is that
 * address, or the return address of the call that it is in: pc may then be behind
 * the function, which never returns.
 */
static void fill_frame(struct symbols *symbols, struct image *image, __u64 pc, __u64 address,
		       struct frame *frame)
{
	const struct mapping *mapping = modules__find(image->modules, address);
	struct module_symbols *file;

	frame->pc = pc;
	if (!mapping || !mapping->path)
		return;
	file = mapping_is_file(mapping) ? find_file(symbols, image, mapping) : NULL;
	if ((!file || !module_symbols_is_elf(file)) && is_nameless(mapping->path))
		return;
	frame->module = strdup(mapping->path);
	if (!frame->module)
		return;
	frame->offset = pc - mapping->start + mapping->offset;
	frame->plumbing = matches(mapping->path, plumbing);
	if (file)
		module_symbols_name(file, address, frame);
}

bool symbols_ends_in_call(const unsigned char *code, size_t len)
{
	size_t n;

	if (len >= 5 && code[len - 5] == 0xe8)
		return true;
	for (n = 2; n <= 7 && n <= len; n++) {
		const unsigned char *insn = code + len - n;
		unsigned int mod = insn[1] >> 6, rm = insn[1] & 7;
		size_t size = 2;

		if (insn[0] != 0xff || (insn[1] >> 3 & 7) != 2)
			continue;
		if (mod != 3 && rm == 4) { /* a SIB byte follows; base 5 in mod 0 is a disp32 */
			size++;
			if (mod == 0 && n > 2 && (insn[2] & 7) == 5)
				size += 4;
		}
		if (mod == 0 && rm == 5) /* relative to rip */
			size += 4;
		if (mod == 1)
			size += 1;
		if (mod == 2)
			size += 4;
		if (size == n)
			return true;
	}
	return false;
}

/* Is there a call in a mapped file that returns to this address? */
static bool follows_call(struct symbols *symbols, struct image *image, __u64 address)
{
	const struct mapping *mapping = modules__find(image->modules, address - 1);
	const unsigned char *code;
	struct module_symbols *file;
	__u64 offset;
	size_t len;

	if (!mapping || !mapping_is_file(mapping))
		return false;
	file = find_file(symbols, image, mapping);
	if (!file)
		return false;
	offset = address - mapping->start + mapping->offset;
	len = address - mapping->start < 7 ? address - mapping->start : 7;
	code = module_symbols_bytes(file, offset - len, len);
	return code && symbols_ends_in_call(code, len);
}

/* May the word on top of the stack be taken for the caller of frame 0? See symbols.h. */
static bool is_caller(struct symbols *symbols, struct image *image, const struct frame *first,
		      __u64 caller)
{
#ifdef __x86_64__
	return caller && first->module && matches(first->module, glibc) && is_socket(first) &&
	       follows_call(symbols, image, caller);
#else
	(void)symbols, (void)image, (void)first, (void)caller;
	return false;
#endif
}

static struct stack *resolve_in_image(struct symbols *symbols, struct image *image,
				      const __u64 *pcs, unsigned int count, __u64 caller)
{
	struct stack *stack = stack_new(count + 1); /* one more for the caller */
	unsigned int i, n = 0;

	if (!stack)
		return NULL;
	for (i = 0; i < count; i++) {
		if (i && !modules__find(image->modules, pcs[i] - 1))
			break; /* not code: the walk has gone astray */
		fill_frame(symbols, image, pcs[i], pcs[i] - 1, &stack->frames[n]);
		stack->frames[n++].source = i ? FRAME_FP : FRAME_REGISTER;
		if (i || (count > 1 && pcs[1] == caller))
			continue;
		/* in a static program libc has no module of its own */
		stack->frames[0].plumbing |= is_socket(&stack->frames[0]);
		if (!is_caller(symbols, image, &stack->frames[0], caller))
			continue;
		fill_frame(symbols, image, caller, caller - 1, &stack->frames[n]);
		stack->frames[n++].source = FRAME_CALLER;
	}
	stack->count = n;
	return stack;
}

static struct stack *find_resolved(const struct image *image, const __u64 *pcs, unsigned int count,
				   __u64 caller, enum stack_source source)
{
	const struct resolved *known;

	for (known = image->resolved; known < image->resolved + MAX_RESOLVED; known++)
		if (known->stack && known->count == count && known->caller == caller &&
		    known->stack->source == source &&
		    !memcmp(known->pcs, pcs, count * sizeof(*pcs)))
			return known->stack;
	return NULL;
}

/* Without memory it is simply not remembered. */
static void remember(struct image *image, const __u64 *pcs, unsigned int count, __u64 caller,
		     struct stack *stack)
{
	struct resolved *place = &image->resolved[image->next_resolved];
	__u64 *copy = malloc(count * sizeof(*pcs) + 1);

	if (!copy)
		return;
	memcpy(copy, pcs, count * sizeof(*pcs));
	stack_unref(place->stack);
	free(place->pcs);
	*place = (struct resolved){ stack_ref(stack), copy, caller, count };
	image->next_resolved = (image->next_resolved + 1) % MAX_RESOLVED;
}

static struct stack *bare_stack(const __u64 *pcs, unsigned int count)
{
	struct stack *stack = stack_new(count);
	unsigned int i;

	for (i = 0; stack && i < count; i++)
		stack->frames[i].pc = pcs[i];
	return stack;
}

int symbols__resolve(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		     __u64 caller, enum stack_source source, struct stack **ret_stack)
{
	struct image *image = NULL;
	struct stack *stack;

	if (count > SOCKLEAK_STACK_DEPTH)
		count = SOCKLEAK_STACK_DEPTH;
	if (find_image(symbols, tgid, &image) == -ENOMEM)
		return -ENOMEM;
	stack = image ? find_resolved(image, pcs, count, caller, source) : NULL;
	if (stack) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	stack = image ? resolve_in_image(symbols, image, pcs, count, caller) :
			bare_stack(pcs, count);
	if (!stack)
		return -ENOMEM;
	stack->source = source;
	stack->site = site_id(stack);
	if (image)
		remember(image, pcs, count, caller, stack);
	*ret_stack = stack;
	return 0;
}

/* libdwfl is to know the module of this address, if there is one. */
struct needed {
	struct symbols *symbols;
	struct image *image;
};

static void need_module(__u64 address, void *ctx)
{
	struct needed *needed = ctx;
	const struct mapping *mapping = modules__find(needed->image->modules, address);

	if (mapping && mapping_is_file(mapping))
		find_file(needed->symbols, needed->image, mapping);
}

static struct stack *stack_of(struct symbols *symbols, struct image *image,
			      const struct unwound *unwound)
{
	struct stack *stack = stack_new(unwound->count);

	if (!stack)
		return NULL;
	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		fill_frame(symbols, image, frame->pc, frame->pc - !frame->exact, &stack->frames[i]);
		stack->frames[i].source = frame->source;
	}
	stack->frames[0].plumbing |= is_socket(&stack->frames[0]);
	stack->truncated = unwound->truncated;
	stack->source = STACK_SNAPSHOT;
	stack->site = site_id(stack);
	return stack;
}

/* Behind the outermost frame there is none; what frame pointers find there is no code. */
static void cut_astray(const struct image *image, struct unwound *unwound)
{
	for (unsigned int i = 1; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		if (modules__find(image->modules, frame->pc - !frame->exact))
			continue;
		unwound->count = i;
		return;
	}
}

int symbols__unwind(struct symbols *symbols, pid_t tgid, const struct snapshot *snapshot,
		    struct stack **ret_stack)
{
	struct needed needed = { .symbols = symbols };
	struct unwound unwound;
	int err = find_image(symbols, tgid, &needed.image);

	if (!needed.image)
		return err;
	err = unwind_snapshot(needed.image->dwfl, snapshot, need_module, &needed, &unwound);
	if (err)
		return err;
	cut_astray(needed.image, &unwound);
	if (unwound.count < 2)
		return -ENOENT;
	*ret_stack = stack_of(symbols, needed.image, &unwound);
	return *ret_stack ? 0 : -ENOMEM;
}

struct symbols *symbols__new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols__free(struct symbols *symbols)
{
	unsigned int i;

	if (!symbols)
		return;
	for (i = 0; i < MAX_IMAGES; i++)
		free_image(symbols, symbols->images[i]);
	free(symbols);
}
