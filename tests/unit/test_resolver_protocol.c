/* SPDX-License-Identifier: BSD-2-Clause */
/* Protocol: stacks and packages come out as they went in, and nonsense is refused. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/channel.h"
#include "resolver/resolver_protocol.h"

static struct stack *a_stack(unsigned int count, size_t name_len)
{
	struct stack *stack = stack_new(count);

	assert_non_null(stack);
	for (unsigned int i = 0; i < count; i++) {
		struct frame *frame = &stack->frames[i];

		frame->pc = 0x7f0000000000 + i;
		frame->offset = i;
		frame->source = i ? FRAME_CFI : FRAME_REGISTER;
		frame->exact = i % 5 == 1;
		frame->inlined = i % 3 == 1;
		frame->has_debug = i % 2;
		frame->kind = i % 3;
		if (i % 4 == 3)
			continue; /* no strings */
		frame->module = strdup(i % 2 ? "/usr/lib/libc.so.6" : "");
		frame->build_id = i % 2 ? strdup("00ff") : NULL;
		frame->function = malloc(name_len + 1);
		memset(frame->function, 'f', name_len);
		frame->function[name_len] = '\0';
		frame->file = i % 2 ? strdup("a.c") : NULL;
		frame->line = frame->file ? 7 : 0;
	}
	return stack;
}

struct sender {
	pthread_t thread;
	int end;
	const struct stack *stack;
};

static void *send_all(void *arg)
{
	struct sender *sender = arg;

	protocol_send_frames(sender->end, sender->stack, NULL);
	return NULL;
}

static void round_trip(unsigned int count, size_t name_len)
{
	struct stack *stack = a_stack(count, name_len), *other = stack_new(count);
	struct sender sender = { .stack = stack };
	int ends[2];

	assert_int_equal(channel_pair(ends), 0);
	sender.end = ends[0];
	assert_int_equal(pthread_create(&sender.thread, NULL, send_all, &sender), 0);
	assert_int_equal(protocol_receive_frames(ends[1], other, NULL), 0);
	pthread_join(sender.thread, NULL);
	assert_true(stack_equal(stack, other));
	stack_unref(stack);
	stack_unref(other);
	close(ends[0]);
	close(ends[1]);
}

static void stacks_come_out_as_they_went_in(void **state)
{
	(void)state;
	round_trip(1, 10);
	round_trip(40, 0);
	round_trip(PROTOCOL_MAX_FRAMES, 100); /* many messages */
}

static void long_names_are_cut(void **state)
{
	struct stack *stack = a_stack(1, 3 * PROTOCOL_MAX_NAME), *other = stack_new(1);
	char *message = malloc(CHANNEL_MAX);
	unsigned int at = 0;
	size_t len;

	(void)state;
	len = protocol_put_frames(stack, &at, message, CHANNEL_MAX);
	assert_int_equal(at, 1);
	at = 0;
	assert_int_equal(protocol_take_frames(message, len, other, &at), 0);
	assert_int_equal(strlen(other->frames[0].function), PROTOCOL_MAX_NAME);
	stack_unref(stack);
	stack_unref(other);
	free(message);
}

static void *send_whole(void *arg)
{
	const struct sender *sender = arg;
	unsigned int at = 0, end = 0;
	char *message = malloc(CHANNEL_MAX);

	/* as one that does not keep to what is said: stack by stack of one frame */
	while (at < sender->stack->count && end < 1000) {
		struct stack *one = stack_new(1);
		size_t len;

		assert_true(frame_copy(&one->frames[0], &sender->stack->frames[at++]));
		end = 0;
		len = protocol_put_frames(one, &end, message, CHANNEL_MAX);
		end = channel_send(sender->end, message, len, -1, CHANNEL_NO_DEADLINE) ? 1000 : 0;
		stack_unref(one);
	}
	free(message);
	return NULL;
}

/* The frames of one stack, whatever they are, are to take no more memory than is said. */
static void stacks_are_bounded(void **state)
{
	struct stack *stack = a_stack(PROTOCOL_MAX_FRAMES, 4000), *other = stack_new(stack->count);
	struct sender sender = { .stack = stack };
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	sender.end = ends[0];
	assert_int_equal(pthread_create(&sender.thread, NULL, send_all, &sender), 0);
	assert_int_equal(protocol_receive_frames(ends[1], other, NULL), 0);
	pthread_join(sender.thread, NULL);
	assert_true(stack_string_bytes(other) <= PROTOCOL_MAX_STRINGS + 4 * PROTOCOL_MAX_FRAMES);
	assert_int_equal(other->frames[9].pc, stack->frames[9].pc);
	assert_string_equal(other->frames[9].build_id, stack->frames[9].build_id);
	assert_true(strlen(other->frames[9].function) >= 32);
	stack_unref(other);

	other = stack_new(stack->count);
	assert_int_equal(pthread_create(&sender.thread, NULL, send_whole, &sender), 0);
	assert_int_equal(protocol_receive_frames(ends[1], other, NULL), -EPROTO);
	close(ends[1]);
	pthread_join(sender.thread, NULL);
	close(ends[0]);
	stack_unref(other);
	stack_unref(stack);
}

/* Cut off anywhere, and with any byte changed, it is refused or is a stack of its own. */
static void nonsense_is_refused(void **state)
{
	struct stack *stack = a_stack(4, 20);
	char *message = malloc(CHANNEL_MAX), *copy;
	unsigned int at = 0, refused = 0;
	size_t len = protocol_put_frames(stack, &at, message, CHANNEL_MAX);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct stack *other = stack_new(4);

		copy = malloc(cut ? cut : 1); /* of its size, for AddressSanitizer */
		memcpy(copy, message, cut);
		at = 0;
		if (protocol_take_frames(copy, cut, other, &at))
			refused++;
		else
			assert_true(at < 4); /* it ended between two frames */
		stack_unref(other);
		free(copy);
	}
	assert_true(refused >= len - 3);
	for (size_t i = 0; i < len; i++) {
		struct stack *other = stack_new(4);

		copy = malloc(len);
		memcpy(copy, message, len);
		copy[i] ^= 0xff;
		at = 0;
		protocol_take_frames(copy, len, other, &at);
		for (unsigned int n = 0; n < 4; n++)
			assert_true(other->frames[n].source <= FRAME_CALLER &&
				    other->frames[n].kind <= FRAME_OF_LIBC);
		stack_unref(other);
		free(copy);
	}
	stack_unref(stack);
	free(message);
}

static void more_frames_than_were_said_are_refused(void **state)
{
	struct stack *stack = a_stack(4, 20), *other = stack_new(3);
	char *message = malloc(CHANNEL_MAX);
	unsigned int at = 0;
	size_t len = protocol_put_frames(stack, &at, message, CHANNEL_MAX);

	(void)state;
	at = 0;
	assert_int_equal(protocol_take_frames(message, len, other, &at), -EPROTO);
	stack_unref(stack);
	stack_unref(other);
	free(message);
	assert_null(
		protocol_new_stack(&(struct resolver_answer){ .count = PROTOCOL_MAX_FRAMES + 1 }));
	assert_null(protocol_new_stack(&(struct resolver_answer){ .source = 9 }));
}

static void packages(void **state)
{
	struct package package = { .kind = PACKAGE_DEB,
				   .source = PACKAGE_FROM_DPKG,
				   .name = "libc6",
				   .version = "2.36-9+deb12u14",
				   .arch = "amd64",
				   .debug = "libc6-dbg",
				   .foreign = true,
				   .root_inode = 7 },
		       other;
	struct wire_package wire;

	(void)state;
	protocol_put_package(&package, &wire);
	assert_int_equal(protocol_take_package(&wire, &other), 0);
	assert_string_equal(other.name, "libc6");
	assert_string_equal(other.version, "2.36-9+deb12u14");
	assert_string_equal(other.debug, "libc6-dbg");
	assert_true(other.foreign && !other.replaced && other.root_inode == 7);

	/* nothing that a shell would take for more than a word */
	strcpy(wire.debug, "x; rm -rf /");
	assert_int_equal(protocol_take_package(&wire, &other), -EPROTO);
	protocol_put_package(&package, &wire);
	memset(wire.name, 'x', sizeof(wire.name));
	assert_int_equal(protocol_take_package(&wire, &other), -EPROTO);
	protocol_put_package(&package, &wire);
	wire.kind = 77;
	assert_int_equal(protocol_take_package(&wire, &other), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_come_out_as_they_went_in),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(stacks_are_bounded),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(more_frames_than_were_said_are_refused),
		cmocka_unit_test(packages),
	};

	return cmocka_run_group_tests_name("resolver_protocol", tests, NULL, NULL);
}
