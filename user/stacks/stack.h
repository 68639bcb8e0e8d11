/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack: a resolved user stack, the product of the symbols module and the input
 * of everything that shows or groups leaks. Plain data; knows nothing of ELF.
 *
 * Every string belongs to the stack. NULL and 0 mean "not known". A stack never
 * changes after it was made, so it is shared by reference count.
 */
#ifndef SOCKLEAK_STACK_H
#define SOCKLEAK_STACK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "stacks/files/jit_runtimes.h"
#include "stacks/names/runtime_frames.h"
#include "stacks/files/trouble.h"
#include "sockleak.h"

/* Where the addresses came from. */
enum stack_source {
	STACK_NONE = 0, /* no stack: of unknown origin, or lost */
	STACK_FP,	/* frame pointers, walked by the kernel */
	STACK_SNAPSHOT, /* a copy of the stack, unwound in user space */
	STACK_CALL,	/* no stack: the call of socket() alone, and where it returns to */
};

/* Why a stack has no further frame. All but the first two mean that outer frames are missing. */
enum stack_end {
	STACK_END_UNKNOWN = 0, /* there is no stack, or what is known of it does not say */
	STACK_END_OUTERMOST,   /* the last frame is the outermost one */
	STACK_END_NOT_KEPT,    /* the call alone was kept */
	STACK_END_COPY,	       /* the next word lies beyond what was copied */
	STACK_END_ASTRAY,      /* the next address is in nothing that is mapped as code */
	STACK_END_RULES,       /* neither call frame information nor a frame pointer leads on */
	STACK_END_FILE,	       /* nothing leads on, for the file of the code cannot be read */
	STACK_END_JIT,	       /* nothing leads on, for the code was made at run time */
	STACK_END_SWITCHED,    /* the caller is on another stack, of which nothing was copied */
	STACK_END_LIMIT,       /* as many frames as are kept */
	STACK_ENDS,
};

/* How one frame was found from the one inside it. */
enum frame_source {
	FRAME_UNKNOWN = 0,
	FRAME_REGISTER, /* the program counter itself */
	FRAME_CFI,	/* call frame information */
	FRAME_FP,	/* the frame pointer */
	FRAME_CALLER,	/* the return address of a wrapper that keeps no frame */
	FRAME_RUNTIME,	/* what the runtime has of the code that it made */
	FRAME_SCRIPT,	/* what the interpreter has of its script; pc and offset are 0 */
};

struct frame {
	__u64 pc;     /* the return address in the process; of frame 0 the next instruction */
	__u64 offset; /* of pc in the module's file, bytes; 0 without a file */
	/*
	 * path of the mapped file in its process's view, "[vdso]"; FRAME_JIT: named JIT code; of a
	 * script "[python]" and the like
	 */
	char *module;
	char *build_id; /* lower-case hex */
	char *function; /* demangled; NULL when no symbol covers the address */
	char *file;	/* source file, from debug information; of a script its own */
	char *local_to; /* the source file that the function is local to, if others have its name */
	unsigned int line;
	enum frame_source source;
	bool exact;	/* pc is where the frame stands, not where a call returns to */
	bool inlined;	/* into the next one, which is where pc and offset point */
	bool has_debug; /* debug information of the module was found */
	enum frame_trouble trouble;
	enum frame_kind kind;	     /* not the program's own code */
	enum script_language script; /* a function of a script in this language */
};

struct stack {
	unsigned int refs;
	enum stack_source source;
	enum stack_end end;
	__u64 site; /* the hash that site_id() gave, 0 = there is no site */
	__u64 way;  /* what site_way() gave, once it was asked for; 0 = it was not */
	/* Does it name the function to mend? Kept by who asks for each leak: leaks/site.c. */
	enum stack_naming {
		NAMING_UNKNOWN = 0, /* it was not asked for */
		NAMES_NO_CULPRIT,
		NAMES_CULPRIT,
	} naming;
	unsigned int count;
	bool truncated;		      /* outer frames are missing: stack_end_truncates(end) */
	enum jit_runtime unnamed_jit; /* that made code of it which has no name */
	unsigned int unnamed_scripts; /* frames of scripts that have no name */
	size_t charged;		      /* its part of stacks_held() */
	size_t packed; /* bytes of strings behind the frames; 0 = each has memory of its own */
	char *package; /* that owns the culprit's module, "name version"; NULL = not known */
	struct frame frames[]; /* the innermost first */
};

/* A stack of `count` empty frames with one reference; NULL when out of memory. */
struct stack *stack_new(unsigned int count);
/* The same with these addresses, and nothing else. */
struct stack *stack_of_addresses(const __u64 *pcs, unsigned int count);
/*
 * Make room for `count` frames in a stack of stack_new() that no one else refers to yet,
 * the new ones empty; its own count stays. False: no memory, it is as it was.
 */
bool stack_reserve(struct stack **stack, unsigned int count);
/*
 * A stack of its own with the same content, in one piece of memory: half of what one takes
 * that was made string by string. NULL when out of memory.
 */
struct stack *stack_copy(const struct stack *stack);
/* Copy a frame with its strings; false: no memory, *to is still to be freed with its stack. */
bool frame_copy(struct frame *to, const struct frame *from);
/* Is it the function socket(), by its name? */
bool frame_is_socket(const struct frame *frame);
/* Are they the same place of the code? The frames that are inlined at one address are not. */
bool frame_same_place(const struct frame *a, const struct frame *b);
/* The same code of the same file, in whichever process. */
bool frame_same_code(const struct frame *a, const struct frame *b);
/* Are they equal, except for their packages? And a hash of what is compared. */
bool stack_equal(const struct stack *a, const struct stack *b);
__u64 stack_hash(const struct stack *stack);
/* Is a frame of it a function of a script? */
bool stack_names_scripts(const struct stack *stack);
/* Bytes of all its strings, their NULs aside; and of all the memory that it takes. */
size_t stack_string_bytes(const struct stack *stack);
size_t stack_bytes(const struct stack *stack);
/* Count its memory, until it is freed, to what stacks_held() says of this process. */
void stack_charge(struct stack *stack);
size_t stacks_held(void);
/* One more reference; NULL stays NULL. Returns its argument. */
struct stack *stack_ref(struct stack *stack);
/* One reference less; the last one frees it. NULL is allowed. */
void stack_unref(struct stack *stack);

/* Its name in reports ("fp"), NULL for STACK_NONE. */
const char *stack_source_name(enum stack_source source);
/* Are outer frames missing? */
bool stack_end_truncates(enum stack_end end);
/* Set why there is no further frame, and so whether the stack is truncated. */
void stack_set_end(struct stack *stack, enum stack_end end);
/* Its name in JSON ("outermost", "copy"), NULL for STACK_END_UNKNOWN. */
const char *stack_end_name(enum stack_end end);
/* The one of a name; UNKNOWN of any other one, and of NULL. */
enum stack_end stack_end_of(const char *name);
/*
 * The words that follow the last frame, for a reader: "the copy of the stack ended here". Never
 * NULL.
 */
const char *stack_end_phrase(enum stack_end end);
/* Its name in JSON ("zstd"), NULL for TROUBLE_NONE; and what it means, in a clause, or NULL. */
const char *frame_trouble_name(enum frame_trouble trouble);
const char *frame_trouble_phrase(enum frame_trouble trouble);
/* "register", "cfi", "fp", "caller", "runtime", "script"; NULL for FRAME_UNKNOWN. */
const char *frame_source_name(enum frame_source source);

#endif /* SOCKLEAK_STACK_H */
