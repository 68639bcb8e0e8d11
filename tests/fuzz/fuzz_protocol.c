/* SPDX-License-Identifier: BSD-2-Clause */
/* What a resolver that was taken over says to the agent: frames of a stack, or a package. */
#include "fuzz.h"

#include "packages/package_sources.h"
#include "resolver/resolver_protocol.h"

static void check_word(const char *word, size_t size)
{
	check(memchr(word, '\0', size));
	check(!word[0] || package_is_word(word));
}

static void take_package(const uint8_t *data, size_t size)
{
	struct wire_package wire, again;
	struct package package;

	if (size < sizeof(wire))
		return;
	memcpy(&wire, data, sizeof(wire));
	if (protocol_take_package(&wire, &package))
		return;
	check_word(package.name, sizeof(package.name));
	check_word(package.version, sizeof(package.version));
	check_word(package.arch, sizeof(package.arch));
	check_word(package.debug, sizeof(package.debug));
	protocol_put_package(&package, &again);
	check(again.kind == wire.kind && again.source == wire.source);
}

static void take_frames(const uint8_t *data, size_t size)
{
	struct stack *stack = stack_new(8), *again = stack_new(8);
	unsigned int taken = 0, at = 0;
	char *message;
	size_t len;

	if (!protocol_take_frames(data, size, stack, &taken)) {
		check(taken && taken <= 8);
		for (unsigned int i = 0; i < taken; i++) {
			const struct frame *frame = &stack->frames[i];

			check(frame->source <= FRAME_SCRIPT && frame->kind <= FRAME_OF_LIBC);
			check(!frame->module || strlen(frame->module) <= PROTOCOL_MAX_NAME);
		}
		/* what was taken is said again, and understood as the same */
		stack->count = again->count = taken;
		message = malloc(1 << 18);
		check(message);
		len = protocol_put_frames(stack, &at, message, 1 << 18);
		check(at == taken);
		at = 0;
		check(!protocol_take_frames(message, len, again, &at) && at == taken);
		check(stack_equal(stack, again));
		free(message);
		stack->count = again->count = 8;
	}
	stack_unref(stack);
	stack_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take_frames(data, size);
	take_package(data, size);
	return 0;
}
