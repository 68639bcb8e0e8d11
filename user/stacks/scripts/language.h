/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language: what sockleak knows of one language's interpreter. Each language is one file that
 * fills one of these; stacks/script_frames.h puts them to use. Nothing of it is privileged, and all
 * that it reads belongs to the process.
 */
#ifndef SOCKLEAK_LANGUAGE_H
#define SOCKLEAK_LANGUAGE_H

#include <gelf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "scripts.h"
#include "stacks/scripts/code.h"
#include "stacks/scripts/memory.h"

#define SCRIPT_TYPES 3
#define SCRIPT_NAME_MAX 1024 /* bytes of a name, its NUL included; longer ones are cut */

/*
 * Symbols or relocations that are looked at for one name, in all tables together: any user can make
 * a file of which they are gigabytes. A large interpreter with all its symbols has 50,000. A table
 * that alone has more is not read.
 */
#define INTERPRETER_ENTRIES (1U << 20)

/* The file that has the interpreter, in one process. */
struct interpreter {
	Elf *elf;
	__u64 bias;	  /* how far the process has it from its program headers' addresses */
	const char *path; /* as the process sees it */
	struct memory *memory;
	bool is_library; /* it is not the executable */
	bool is_musl;	 /* the C library of the process */
};

/* One frame of a script. */
struct script_name {
	char function[SCRIPT_NAME_MAX]; /* UTF-8; "" = not known */
	char file[SCRIPT_NAME_MAX];
	unsigned int line; /* 0 = not known */
	bool has_file;	   /* its file and line are known though its function is not */
	bool is_native;	   /* a function in C that the script calls; file and line are the call's */
	bool is_hidden;	   /* the interpreter's own, which the language does not show either */
	bool is_entry;	   /* C has called the interpreter for this frame: one further out is C's */
	bool hides_next;   /* the next one further out is not shown */
};

struct language {
	enum script_language id;
	const char *module;    /* of its frames: "[python]" */
	const char *symbol;    /* of the data that its interpreter has */
	const char *evaluator; /* a pattern: the function in C that executes frames */
	/*
	 * What leads to the frames: all of a recipe but what script_frames.h knows, which is the
	 * executable and the library. `start` is counted from the file's load address. False: this
	 * version is not known.
	 */
	bool (*recipe)(struct interpreter *interpreter, struct script_recipe *ret_recipe);
	/*
	 * Prepare naming the frames of one stack: into *ret_state, to be freed with free(). False:
	 * the version is not the one of the recipe.
	 */
	bool (*begin)(struct interpreter *interpreter, __u32 kind, void **ret_state);
	/*
	 * For the tests: the same of a version alone, whose objects of code, of text and of bytes
	 * have these types.
	 */
	bool (*begin_version)(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state);
	/*
	 * What is kept of all frames of the stack that is named next, and whether there are more
	 * that were not kept. NULL: it needs none of it.
	 */
	void (*stack)(void *state, const unsigned char *records, size_t record, size_t len,
		      bool is_cut);
	/*
	 * Name a frame by what the kernel's side has kept of it; *ret is empty before. False: it is
	 * not what it should be, and nothing is known of it. NULL: it keeps nothing, for the frames
	 * stand in the native stack.
	 */
	bool (*name)(void *state, struct memory *memory, const unsigned char *record, size_t len,
		     struct script_name *ret);
	/*
	 * Give stack->add() the functions of a frame in the native stack, and make the registers
	 * its caller's. NULL: there are none.
	 */
	enum code_step (*step)(void *state, const struct code_stack *stack,
			       struct code_registers *registers);
};

extern const struct language language_python, language_ruby, language_php, language_java,
	language_perl, language_javascript;

/* Helpers of languages. */

/* The address of a symbol of a file, as it is written there; false: it has none of that name. */
bool interpreter_symbol(const struct interpreter *interpreter, const char *name, __u64 *ret_value);
/* The same in the process. */
bool interpreter_address(const struct interpreter *interpreter, const char *name,
			 __u64 *ret_address);

/*
 * Visit each symbol, of those that are exported or of all that are left in the file, with its
 * address as it is written there.
 */
typedef void interpreter_visitor(const char *name, __u64 value, void *ctx);
void interpreter_each_symbol(const struct interpreter *interpreter, bool exported,
			     interpreter_visitor *visit, void *ctx);

/* Which of several names (NULL: none is meant) are exported; if none is, which the file has. */
void interpreter_has_symbols(const struct interpreter *interpreter, const char *const names[],
			     size_t count, bool ret_has[]);

/* The first program header of a type; false: there is none. */
bool interpreter_header(const struct interpreter *interpreter, GElf_Word type,
			GElf_Phdr *ret_header);
/*
 * Where the file has the word that the dynamic linker gives the number of the module to, for a
 * symbol in thread-local storage (R_X86_64_DTPMOD64). False: there is none.
 */
bool interpreter_module_word(const struct interpreter *interpreter, const char *symbol,
			     __u64 *ret_value);

/* Have a recipe find a word in thread-local storage by its symbol. False: there is none. */
bool interpreter_thread_word(const struct interpreter *interpreter, const char *symbol,
			     struct script_recipe *recipe);

#endif /* SOCKLEAK_LANGUAGE_H */
