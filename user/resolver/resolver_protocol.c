/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/resolver_protocol.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/channel.h"
#include "packages/package_sources.h"

/* A string's length on the wire when there is none. */
#define NO_STRING UINT32_MAX

/* A frame, then the bytes of its five strings. */
struct wire_frame {
	__u64 pc, offset;
	__u32 line;
	__u8 source, kind;
	__u8 flags; /* WIRE_* */
	__u8 trouble;
	__u32 module_len, build_id_len, function_len, file_len, local_to_len;
	__u32 script;
};

#define WIRE_INLINED 1
#define WIRE_HAS_DEBUG 2
#define WIRE_EXACT 4

/* ---- Frames to bytes ---- */

static __u32 wire_len(const char *string, size_t max)
{
	size_t len = string ? strlen(string) : 0;

	if (!string)
		return NO_STRING;
	return len < max ? (__u32)len : (__u32)max;
}

/* The most bytes that a string of this stack may have. */
static size_t longest(const struct stack *stack)
{
	if (stack_string_bytes(stack) <= PROTOCOL_MAX_STRINGS)
		return PROTOCOL_MAX_NAME;
	return PROTOCOL_MAX_STRINGS / (4 * (size_t)stack->count);
}

static size_t bytes_of(__u32 len)
{
	return len == NO_STRING ? 0 : len;
}

static void put_string(char **to, const char *string, __u32 len)
{
	if (len == NO_STRING)
		return;
	memcpy(*to, string, len);
	*to += len;
}

/* Behind *to, up to end; false: there is no room. */
static bool put_wire_frame(const struct frame *frame, size_t max, char **to, const char *end)
{
	struct wire_frame wire = {
		.pc = frame->pc,
		.offset = frame->offset,
		.line = frame->line,
		.source = frame->source,
		.kind = frame->kind,
		.trouble = frame->trouble,
		.script = frame->script,
		.flags = (frame->inlined ? WIRE_INLINED : 0) |
			 (frame->has_debug ? WIRE_HAS_DEBUG : 0) | (frame->exact ? WIRE_EXACT : 0),
		.module_len = wire_len(frame->module, max),
		.build_id_len = wire_len(frame->build_id, PROTOCOL_MAX_BUILD_ID),
		.function_len = wire_len(frame->function, max),
		.file_len = wire_len(frame->file, max),
		.local_to_len = wire_len(frame->local_to, max),
	};
	size_t size = sizeof(wire) + bytes_of(wire.module_len) + bytes_of(wire.build_id_len) +
		      bytes_of(wire.function_len) + bytes_of(wire.file_len) +
		      bytes_of(wire.local_to_len);

	if (size > (size_t)(end - *to))
		return false;
	memcpy(*to, &wire, sizeof(wire));
	*to += sizeof(wire);
	put_string(to, frame->module, wire.module_len);
	put_string(to, frame->build_id, wire.build_id_len);
	put_string(to, frame->function, wire.function_len);
	put_string(to, frame->file, wire.file_len);
	put_string(to, frame->local_to, wire.local_to_len);
	return true;
}

size_t protocol_put_frames(const struct stack *stack, unsigned int *at, void *message, size_t size)
{
	__u32 kind = MESSAGE_FRAMES;
	size_t max = longest(stack);
	char *to = message;

	memcpy(to, &kind, sizeof(kind));
	to += sizeof(kind);
	while (*at < stack->count &&
	       put_wire_frame(&stack->frames[*at], max, &to, (char *)message + size))
		++*at;
	return (size_t)(to - (char *)message);
}

/* ---- Bytes to frames ---- */

/* NULL with false: they are not there, or no memory. */
static bool take_wire_string(const char **from, const char *end, __u32 len, char **ret_string)
{
	*ret_string = NULL;
	if (len == NO_STRING)
		return true;
	if (len > PROTOCOL_MAX_NAME || len > (size_t)(end - *from) || memchr(*from, '\0', len))
		return false;
	*ret_string = strndup(*from, len);
	*from += len;
	return *ret_string;
}

static bool take_frame(const char **from, const char *end, struct frame *frame)
{
	struct wire_frame wire;

	if ((size_t)(end - *from) < sizeof(wire))
		return false;
	memcpy(&wire, *from, sizeof(wire));
	*from += sizeof(wire);
	if (wire.source > FRAME_SCRIPT || wire.kind > FRAME_OF_LIBC || wire.trouble >= TROUBLES ||
	    wire.script >= SCRIPT_LANGUAGES)
		return false;
	frame->pc = wire.pc;
	frame->offset = wire.offset;
	frame->line = wire.line;
	frame->source = (enum frame_source)wire.source;
	frame->kind = (enum frame_kind)wire.kind;
	frame->trouble = (enum frame_trouble)wire.trouble;
	frame->script = (enum script_language)wire.script;
	frame->inlined = wire.flags & WIRE_INLINED;
	frame->has_debug = wire.flags & WIRE_HAS_DEBUG;
	frame->exact = wire.flags & WIRE_EXACT;
	return take_wire_string(from, end, wire.module_len, &frame->module) &&
	       take_wire_string(from, end, wire.build_id_len, &frame->build_id) &&
	       take_wire_string(from, end, wire.function_len, &frame->function) &&
	       take_wire_string(from, end, wire.file_len, &frame->file) &&
	       take_wire_string(from, end, wire.local_to_len, &frame->local_to);
}

int protocol_take_frames(const void *message, size_t len, struct stack *stack, unsigned int *at)
{
	const char *from = message, *end = from + len;
	__u32 kind;

	if (len < sizeof(kind))
		return -EPROTO;
	memcpy(&kind, from, sizeof(kind));
	from += sizeof(kind);
	if (kind != MESSAGE_FRAMES || from == end)
		return -EPROTO;
	while (from < end) {
		/* a frame that was taken in part is freed with the stack */
		if (*at >= stack->count || !take_frame(&from, end, &stack->frames[*at]))
			return -EPROTO;
		++*at;
	}
	return 0;
}

/* ---- Over a channel ---- */

static int send_message(int channel, const void *message, size_t len, struct patience *patience)
{
	return patience ? expendable_send(channel, message, len, /* fd= */ -1, patience) :
			  channel_send(channel, message, len, /* fd= */ -1, CHANNEL_NO_DEADLINE);
}

int protocol_send_frames(int channel, const struct stack *stack, struct patience *patience)
{
	char *message = malloc(CHANNEL_MAX);
	unsigned int at = 0;
	size_t len;
	int err = 0;

	if (!message)
		return -ENOMEM;
	while (at < stack->count && !err) {
		len = protocol_put_frames(stack, &at, message, CHANNEL_MAX);
		err = send_message(channel, message, len, patience);
	}
	free(message);
	return err;
}

/* The most messages with its frames: at the worst each comes in one of its own. */
static size_t max_bytes(const struct stack *stack)
{
	return PROTOCOL_MAX_STRINGS +
	       stack->count * (sizeof(__u32) + sizeof(struct wire_frame) + PROTOCOL_MAX_BUILD_ID);
}

static int receive_message(int channel, struct message *message, struct patience *patience)
{
	return patience ? expendable_receive(channel, message, patience) :
			  channel_receive(channel, message, CHANNEL_NO_DEADLINE);
}

int protocol_receive_frames(int channel, struct stack *stack, struct patience *patience)
{
	struct message message = { .data = malloc(CHANNEL_MAX), .size = CHANNEL_MAX, .fd = -1 };
	unsigned int at = 0;
	int err = message.data ? 0 : -ENOMEM;
	size_t received = 0;

	while (at < stack->count && !err) {
		err = receive_message(channel, &message, patience);
		/* a descriptor is nothing that frames have */
		if (!err && message.fd >= 0)
			err = -EPROTO;
		if (!err && (received += message.len) > max_bytes(stack))
			err = -EPROTO;
		if (!err)
			err = protocol_take_frames(message.data, message.len, stack, &at);
	}
	free(message.data);
	return err;
}

struct stack *protocol_new_stack(const struct resolver_answer *answer)
{
	struct stack *stack;

	if (answer->count > PROTOCOL_MAX_FRAMES || answer->source > STACK_CALL ||
	    answer->end >= STACK_ENDS || answer->jit >= JIT_RUNTIMES)
		return NULL;
	stack = stack_new(answer->count);
	if (!stack)
		return NULL;
	stack->source = (enum stack_source)answer->source;
	stack_set_end(stack, (enum stack_end)answer->end);
	stack->site = answer->site;
	stack->unnamed_jit = (enum jit_runtime)answer->jit;
	return stack;
}

/* ---- Recipes ---- */

static bool is_piece(const struct script_piece *piece)
{
	return piece->len % 8 == 0 && piece->to % 8 == 0 &&
	       piece->to + piece->len <= SCRIPT_RECORD && piece->from + 8 <= SCRIPT_RECORD;
}

bool protocol_is_recipe(const struct script_recipe *recipe)
{
	if (recipe->find >= SCRIPT_FINDS || recipe->kind >> 16 >= SCRIPT_LANGUAGES)
		return false;
	if (recipe->find == SCRIPT_NOTHING || recipe->find == SCRIPT_IN_STACK)
		return true;
	if (!recipe->near_len || recipe->near_len % 8 || recipe->near_len > SCRIPT_RECORD ||
	    !recipe->far_len || recipe->far_len % 8 || recipe->far_len > SCRIPT_RECORD ||
	    !recipe->record || recipe->record % 8 || recipe->record > SCRIPT_RECORD ||
	    recipe->n_path > SCRIPT_PATH || recipe->far_to % 8 ||
	    recipe->far_to + recipe->far_len > SCRIPT_RECORD)
		return false;
	if (recipe->far_from + 8 > recipe->near_len || recipe->next + 8 > recipe->near_len ||
	    recipe->leap_from + 8 > recipe->near_len)
		return false;
	for (size_t i = 0; i < SCRIPT_MORE; i++)
		if (!is_piece(&recipe->more[i]))
			return false;
	if (recipe->next_segment)
		return recipe->stride <= -8 && recipe->kind_at + 8 <= SCRIPT_RECORD;
	return recipe->next_mask || recipe->stride >= 8;
}

/* ---- Packages ---- */

void protocol_put_package(const struct package *package, struct wire_package *ret_wire)
{
	*ret_wire = (struct wire_package){
		.kind = package->kind,
		.source = package->source,
		.replaced = package->replaced,
		.foreign = package->foreign,
		.removed = package->removed,
		.availability = package->availability,
		.root_device = package->root_device,
		.root_inode = package->root_inode,
	};
	memcpy(ret_wire->name, package->name, sizeof(ret_wire->name));
	memcpy(ret_wire->version, package->version, sizeof(ret_wire->version));
	memcpy(ret_wire->arch, package->arch, sizeof(ret_wire->arch));
	memcpy(ret_wire->debug, package->debug, sizeof(ret_wire->debug));
}

/* Such texts become part of commands that a person pastes into a root shell. */
static bool take_word(const char *wire, char *to, size_t size)
{
	if (!memchr(wire, '\0', size) || (wire[0] && !package_is_word(wire)))
		return false;
	memcpy(to, wire, size);
	return true;
}

int protocol_take_package(const struct wire_package *wire, struct package *ret_package)
{
	struct package package = {
		.replaced = wire->replaced,
		.foreign = wire->foreign,
		.removed = wire->removed,
		.root_device = wire->root_device,
		.root_inode = wire->root_inode,
	};

	if (wire->kind > PACKAGE_DEB || wire->source > PACKAGE_FROM_NOTE ||
	    wire->availability > PACKAGE_NOT_THERE ||
	    !take_word(wire->name, package.name, sizeof(package.name)) ||
	    !take_word(wire->version, package.version, sizeof(package.version)) ||
	    !take_word(wire->arch, package.arch, sizeof(package.arch)) ||
	    !take_word(wire->debug, package.debug, sizeof(package.debug)))
		return -EPROTO;
	package.kind = (enum package_kind)wire->kind;
	package.source = (enum package_source)wire->source;
	package.availability = (enum package_availability)wire->availability;
	*ret_package = package;
	return 0;
}
