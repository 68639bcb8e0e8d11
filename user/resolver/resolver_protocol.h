/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolver_protocol: what the agent and its resolver say to each other, and how
 * stacks and packages become bytes and back. Both ends are the same program on
 * the same machine: numbers are as they lie in memory.
 *
 * The agent does not trust what comes from the resolver: every length, string
 * and enum is checked here before it becomes a struct stack or package. -EPROTO
 * is all that is said of what is wrong.
 *
 *	agent                         resolver
 *	REQUEST (payload)      ->
 *	                       <-     ACCESS          for what the agent has itself
 *	access_reply           ->
 *	                       <-     ANSWER (payload)
 *
 * Files of other processes it asks the opener for, with the same ACCESS and access_reply.
 *
 * A stack is followed by its frames, in as many FRAMES messages as it takes.
 */
#ifndef SOCKLEAK_RESOLVER_PROTOCOL_H
#define SOCKLEAK_RESOLVER_PROTOCOL_H

#include <stddef.h>

#include "host/expendable.h"
#include "host/files/access.h"
#include "packages/package.h"
#include "scripts.h"
#include "stacks/stack.h"

/* The descriptors at which the resolver finds its ends of the channels to agent and opener. */
#define RESOLVER_CHANNEL 3
#define RESOLVER_FILES 4

enum resolver_task {
	TASK_RESOLVE = 1, /* pcs -> stack */
	TASK_UNWIND,	  /* snapshot -> stack */
	TASK_RENAME,	  /* stack -> stack with the names that are known now */
	TASK_LOOK,	  /* at a process's modules, to know them when it is gone */
	TASK_PACKAGE,	  /* module -> package */
	TASK_RECIPE,	  /* how the script frames of a program are found */
};

struct resolver_request {
	__u32 message; /* MESSAGE_REQUEST */
	__u32 task;
	__s32 tgid;
	__u32 count;  /* RESOLVE: of pcs; RENAME: of frames */
	__u32 source; /* RESOLVE: enum stack_source */
	__u32 plain;  /* open no files: their names and offsets alone */
	__u64 caller; /* RESOLVE; RECIPE: where the program's code starts */
	__u32 end;    /* RENAME: enum stack_end */
	__u32 pad;
	/*
	 * Then, in the same message: pcs (__u64 each); a struct snapshot; the path
	 * and the build id of a module, each with its NUL.
	 */
};

struct resolver_answer {
	__u32 message; /* MESSAGE_ANSWER */
	__s32 error;   /* 0 or -errno; then nothing follows */
	__u32 count;   /* of frames */
	__u32 source;  /* enum stack_source */
	__u64 site;
	__u32 end; /* enum stack_end */
	__u32 jit; /* enum jit_runtime */
	__u32 unnamed_scripts;
	__u32 pad;
	/*
	 * Then of PACKAGE a struct wire_package, of RECIPE a struct script_recipe, of a stack
	 * FRAMES messages.
	 */
};

struct wire_package {
	__u32 kind, source;
	__u32 replaced, foreign;
	__u32 removed, availability;
	__u64 root_device, root_inode;
	char name[sizeof(((struct package *)0)->name)];
	char version[sizeof(((struct package *)0)->version)];
	char arch[sizeof(((struct package *)0)->arch)];
	char debug[sizeof(((struct package *)0)->debug)];
};

/* Frames of one stack, inlined functions included. */
#define PROTOCOL_MAX_FRAMES 1024
/* Bytes of a function's, module's or source file's name; longer ones are cut. */
#define PROTOCOL_MAX_NAME 4096
/*
 * Bytes of all strings of one stack, build ids aside, which are never cut: when they
 * are more, each may have but its part of it.
 */
#define PROTOCOL_MAX_STRINGS (128 * 1024)
#define PROTOCOL_MAX_BUILD_ID 128

/*
 * Send the frames of a stack over a channel, to children with which there is so much patience; NULL
 * = any. Returns what expendable_send() returns.
 */
int protocol_send_frames(int channel, const struct stack *stack, struct patience *patience);
/*
 * Receive as many frames as `stack` has, which are empty. Returns what expendable_receive()
 * returns, -EPROTO, -ENOMEM.
 */
int protocol_receive_frames(int channel, struct stack *stack, struct patience *patience);

/*
 * Put frames *at and following into a message of at most `size` bytes, as many as
 * fit; *at is moved behind them. Returns its length.
 */
size_t protocol_put_frames(const struct stack *stack, unsigned int *at, void *message, size_t size);
/* Take frames out of a message into those of the stack from *at on, which is moved. */
int protocol_take_frames(const void *message, size_t len, struct stack *stack, unsigned int *at);

void protocol_put_package(const struct package *package, struct wire_package *ret_wire);
int protocol_take_package(const struct wire_package *wire, struct package *ret_package);

/* Is it a recipe that the kernel's side can follow within its bounds? */
bool protocol_is_recipe(const struct script_recipe *recipe);

/* A stack without frames, of what an answer says; NULL: it says no such thing, or no memory. */
struct stack *protocol_new_stack(const struct resolver_answer *answer);

#endif /* SOCKLEAK_RESOLVER_PROTOCOL_H */
