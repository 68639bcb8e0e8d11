/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/walk.h"

#include <string.h>

#include "stacks/call_instruction.h"
#include "stacks/files/module_symbols.h"

/* A function that keeps no frame makes its system call within so many bytes. */
#define MAX_WRAPPER 256

struct walk {
	struct images *images;
	struct image *image;
};

/* The code before an address in a mapped file, at most 7 bytes; NULL: there is none. */
static const unsigned char *code_before(struct walk *walk, __u64 address, size_t *ret_len)
{
	const struct mapping *mapping = image_mapping(walk->image, address - 1);
	struct module_symbols *file;
	__u64 offset, bias;

	if (!mapping || !mapping_is_file(mapping))
		return NULL;
	file = image_file(walk->images, walk->image, mapping, &bias);
	if (!file)
		return NULL;
	offset = address - mapping->start + mapping->offset;
	*ret_len = address - mapping->start < 7 ? address - mapping->start : 7;
	return elf_file_bytes(module_symbols_file(file), offset - *ret_len, *ret_len);
}

/* May this address be taken for the return address of frame 0? See walk.h. */
static bool is_caller(struct walk *walk, bool is_glibc_socket, __u64 pc, __u64 caller)
{
	size_t len;
	const unsigned char *code = caller ? code_before(walk, caller, &len) : NULL;
	__s64 target;

	if (!code || !call_instruction_ends(code, len, &target))
		return false;
	return is_glibc_socket || (target && pc - (caller + (__u64)target) < MAX_WRAPPER);
}

bool walk_is_caller(struct images *images, struct image *image, bool is_glibc_socket, __u64 pc,
		    __u64 caller)
{
	struct walk walk = { .images = images, .image = image };

	return is_caller(&walk, is_glibc_socket, pc, caller);
}

/* The unwinder is to know the module of this address, if there is one. */
static void need_module(__u64 address, void *ctx)
{
	const struct walk *walk = ctx;
	const struct mapping *mapping = image_mapping(walk->image, address);
	__u64 bias;

	if (mapping)
		image_file(walk->images, walk->image, mapping, &bias);
}

/*
 * Behind the outermost frame there is none; what frame pointers find there is no code.
 * True: it leads out of what is mapped.
 */
static bool cut_astray(const struct image *image, struct unwound *unwound)
{
	bool astray = false;

	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		if (image_mapping(image, frame->pc - !frame->exact))
			continue;
		astray = true;
		unwound->end = STACK_END_ASTRAY;
		if (i)
			unwound->count = i; /* frame 0 is where it was, whatever is there now */
	}
	return astray;
}

/* A step along the frame pointer misses who called frame 0, when that keeps no frame. */
static void insert_caller(struct walk *walk, const struct snapshot *snapshot,
			  struct unwound *unwound)
{
	struct unwound_frame *frames = unwound->frames;
	__u64 caller = unwind_caller(snapshot);

	if (unwound->count < 2 || frames[1].source != FRAME_FP || caller == frames[1].pc ||
	    !is_caller(walk, false, frames[0].pc, caller))
		return;
	if (unwound->count == UNWIND_MAX_FRAMES) {
		unwound->count--;
		unwound->truncated = true;
		unwound->end = STACK_END_LIMIT;
	}
	memmove(&frames[2], &frames[1], (unwound->count - 1) * sizeof(*frames));
	frames[1] = (struct unwound_frame){ .pc = caller, .source = FRAME_CALLER };
	unwound->count++;
}

static int unwind_in(struct walk *walk, struct image *image, const struct snapshot *snapshot,
		     struct unwound *ret_unwound, bool *ret_astray)
{
	int err;

	walk->image = image;
	err = unwind_snapshot(image_unwinder(image), snapshot, need_module, walk, ret_unwound);
	if (err)
		return err;
	*ret_astray = cut_astray(image, ret_unwound);
	insert_caller(walk, snapshot, ret_unwound);
	return 0;
}

/* Does it say the same and more? */
static bool goes_on(const struct unwound *unwound, const struct unwound *more)
{
	if (more->count <= unwound->count)
		return false;
	for (unsigned int i = 0; i < unwound->count; i++)
		if (unwound->frames[i].pc != more->frames[i].pc)
			return false;
	return true;
}

/*
 * In what is mapped now; when the stack leads out of that, in what was mapped before: the
 * library that made the socket may be unloaded, or the program replaced by exec.
 */
int walk_snapshot(struct images *images, struct image **image, const struct snapshot *snapshot,
		  struct unwound *ret_unwound)
{
	struct walk walk = { .images = images };
	struct image *before = image_before(*image);
	struct unwound unwound;
	bool astray = true;
	int err = unwind_in(&walk, *image, snapshot, ret_unwound, &astray);

	if (!astray || !before || unwind_in(&walk, before, snapshot, &unwound, &astray) ||
	    (!err && !goes_on(ret_unwound, &unwound)))
		return err;
	*ret_unwound = unwound;
	*image = before;
	return 0;
}
