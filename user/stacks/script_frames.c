/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/script_frames.h"

#include <errno.h>
#include <fnmatch.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "stacks/scripts/language.h"

/* Files of a process that are asked whether they have an interpreter. */
#define MAX_ASKED 8

static const struct language *const languages[] = { &language_python, &language_ruby,
						    &language_php,    &language_java,
						    &language_perl,   &language_javascript };
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

/* ---- The interpreter ---- */

/* By its name alone: may it have an interpreter? */
static bool may_interpret(const char *path)
{
	static const char *const patterns[] = {
		"python[0-9]*", "python",	"libpython[0-9]*.so*",
		"ruby*",	"libruby*.so*", "php",
		"php[0-9]*",	"php-fpm*",	"php-cgi*",
		"libphp*.so*",	"libjvm.so",	"perl",
		"perl5*",	"libperl.so*",	"node",
		"nodejs",	"libnode.so*"
	};
	const char *base = module_name(path);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], base, 0))
			return true;
	return false;
}

/* *ret_owner: the user whose file it is. */
static bool open_interpreter(struct images *images, struct image *image,
			     const struct mapping *mapping, struct interpreter *ret,
			     __u32 *ret_owner)
{
	struct module_symbols *file = image_file(images, image, mapping, &ret->bias);

	ret->elf = file ? module_symbols_file(file)->elf : NULL;
	ret->path = mapping->path;
	*ret_owner = file ? module_symbols_file(file)->owner : ~0U;
	return ret->elf && gelf_getclass(ret->elf) == ELFCLASS64;
}

/* The language of which a file has the interpreter: of `only` (SCRIPT_NONE: of any); NULL: none. */
static const struct language *language_in(const struct interpreter *interpreter,
					  enum script_language only)
{
	const char *names[LANGUAGES];
	bool has[LANGUAGES];

	for (size_t n = 0; n < LANGUAGES; n++)
		names[n] = !only || only == languages[n]->id ? languages[n]->symbol : NULL;
	interpreter_has_symbols(interpreter, names, LANGUAGES, has);
	for (size_t n = 0; n < LANGUAGES; n++)
		if (has[n])
			return languages[n];
	return NULL;
}

/*
 * The interpreter of a process and its language, to name functions in this process alone. The
 * executable is asked whatever its name is: it is the lowest mapping of a file. PHP has compiled
 * code below it.
 */
static const struct language *find_interpreter(struct images *images, struct image *image,
					       enum script_language only, struct interpreter *ret)
{
	const struct modules *modules = image_modules(image);
	const struct language *language;
	unsigned int asked = 0;
	bool has_lowest = false;
	__u32 owner;

	for (size_t i = 0; i < modules__count(modules) && asked < MAX_ASKED; i++) {
		const struct mapping *mapping = modules__get(modules, i);

		if (!mapping_is_file(mapping) || (has_lowest && !may_interpret(mapping->path)))
			continue;
		has_lowest = true;
		asked++;
		if (!open_interpreter(images, image, mapping, ret, &owner))
			continue;
		language = language_in(ret, only);
		if (language)
			return language;
	}
	return NULL;
}

/*
 * The interpreter that each process of a program has: in the executable; else in a library of root
 * or of the executable's owner. Any other library may be one that somebody has had the program load
 * (LD_PRELOAD), and the recipe that it gives would be that of everybody's processes. *ret_refused:
 * there is such a one.
 */
static const struct language *find_interpreter_of_program(struct images *images,
							  struct image *image,
							  const struct mapping *program,
							  struct interpreter *ret,
							  bool *ret_refused)
{
	const struct modules *modules = image_modules(image);
	const struct language *language;
	__u32 owner = 0, program_owner = 0;
	unsigned int asked = 0;

	if (program && mapping_is_file(program) &&
	    open_interpreter(images, image, program, ret, &program_owner)) {
		language = language_in(ret, SCRIPT_NONE);
		if (language)
			return language;
	}
	for (size_t i = 0; i < modules__count(modules) && asked < MAX_ASKED; i++) {
		const struct mapping *mapping = modules__get(modules, i);

		if (!mapping_is_file(mapping) || !may_interpret(mapping->path))
			continue;
		asked++;
		if (!open_interpreter(images, image, mapping, ret, &owner))
			continue;
		language = language_in(ret, SCRIPT_NONE);
		if (language && (!owner || (owner == program_owner && owner != ~0U)))
			return language;
		*ret_refused |= language != NULL;
	}
	return NULL;
}

/* ---- The recipe ---- */

/* From the start of the program's code to the word in which the linker leaves r_debug's address. */
static bool find_debug_word(struct images *images, struct image *image, __u64 start_code,
			    struct memory *memory, __u64 *ret_word)
{
	const struct mapping *mapping = image_mapping(image, start_code);
	struct interpreter program = { 0 };
	GElf_Phdr header;
	Elf64_Dyn entry;
	__u32 owner;

	if (!mapping || !mapping_is_file(mapping) ||
	    !open_interpreter(images, image, mapping, &program, &owner) ||
	    !interpreter_header(&program, PT_DYNAMIC, &header))
		return false;
	for (__u64 at = 0; at < header.p_memsz; at += sizeof(entry)) {
		__u64 address = header.p_vaddr + program.bias + at;

		if (!memory_read(memory, address, &entry, sizeof(entry)) || entry.d_tag == DT_NULL)
			return false;
		if (entry.d_tag != DT_DEBUG)
			continue;
		*ret_word = address + offsetof(Elf64_Dyn, d_un) - start_code;
		return true;
	}
	return false;
}

/* The part of a recipe that leads to the interpreter's data. */
static bool place_recipe(struct images *images, struct image *image, __u64 start_code,
			 const struct interpreter *interpreter, struct script_recipe *recipe)
{
	const struct mapping *program = image_mapping(image, start_code);
	GElf_Phdr header;

	if (program && !strcmp(program->path ?: "", interpreter->path)) {
		recipe->start += interpreter->bias - start_code;
		return true;
	}
	if (!interpreter_header(interpreter, PT_DYNAMIC, &header))
		return false;
	recipe->library = header.p_vaddr;
	return find_debug_word(images, image, start_code, interpreter->memory, &recipe->debug);
}

static bool has_musl(const struct image *image)
{
	const struct modules *modules = image_modules(image);

	for (size_t i = 0; i < modules__count(modules); i++) {
		const char *path = modules__get(modules, i)->path;

		if (path && !fnmatch("ld-musl-*", module_name(path), 0))
			return true;
	}
	return false;
}

int scripts_recipe(struct images *images, struct image *image, pid_t tgid, __u64 start_code,
		   struct script_recipe *ret_recipe)
{
	struct interpreter interpreter = { 0 };
	const struct mapping *program = image_mapping(image, start_code);
	struct script_recipe recipe = { 0 };
	const struct language *language;
	struct memory memory;
	bool refused = false;

	*ret_recipe = recipe;
	language = find_interpreter_of_program(images, image, program, &interpreter, &refused);
	if (!language)
		return refused ? -EPERM : 0;
	ret_recipe->kind = SCRIPT_KIND(language->id, 0, 0);
	if (memory_open(tgid, &memory))
		return 0;
	interpreter.memory = &memory;
	interpreter.is_musl = has_musl(image);
	interpreter.is_library = !program || strcmp(program->path ?: "", interpreter.path) != 0;
	if (language->recipe(&interpreter, &recipe) &&
	    (recipe.find == SCRIPT_IN_STACK ||
	     place_recipe(images, image, start_code, &interpreter, &recipe)))
		*ret_recipe = recipe;
	memory_close(&memory);
	return 0;
}

/* ---- Names ---- */

/* Name one frame after the other. */
static void name_all(const struct language *language, void *state, struct memory *memory,
		     const struct snapshot *snapshot, struct script_frames *frames)
{
	const unsigned char *records = snapshot->stack + snapshot->script_at;
	size_t len = snapshot->script_record;
	struct script_name name = { 0 };

	if (language->stack)
		language->stack(state, records, len, snapshot->script_len, snapshot->script_cut);
	for (size_t at = 0; at + len <= snapshot->script_len; at += len) {
		bool is_shown = !name.hides_next;

		memset(&name, 0, sizeof(name));
		if (!language->name(state, memory, records + at, len, &name)) {
			frames->unknown++;
			name.function[0] = '\0';
			if (!name.has_file)
				name.file[0] = '\0';
		}
		if (is_shown && !name.is_hidden && frames->count < SCRIPT_FRAMES_MAX) {
			frames->is_native[frames->count] = name.is_native;
			script_frame_fill(language, &name, &frames->list[frames->count++]);
		}
		if (name.is_entry && frames->count)
			frames->is_entry[frames->count - 1] = true;
	}
}

/* Do the functions stand in the native stack, as code that the runtime has made? */
static bool is_in_code(__u32 kind)
{
	for (size_t n = 0; n < LANGUAGES; n++)
		if (languages[n]->id == (enum script_language)(kind >> 16))
			return languages[n]->step;
	return false;
}

/* Does a snapshot say what it has of scripts, within its bounds? */
static bool has_scripts(const struct snapshot *snapshot)
{
	return snapshot->script_kind && snapshot->script_record &&
	       snapshot->script_at <= snapshot->len &&
	       snapshot->script_len <= snapshot->len - snapshot->script_at;
}

/* Find the interpreter of a process, and keep it: its file has thousands of symbols. */
static bool begin_naming(struct images *images, struct image *image, struct memory *memory,
			 __u32 kind, struct script_naming *naming)
{
	struct interpreter interpreter = { .memory = memory };

	if (naming->state && naming->kind == kind)
		return true;
	free(naming->state);
	*naming = (struct script_naming){ .kind = kind };
	naming->language =
		find_interpreter(images, image, (enum script_language)(kind >> 16), &interpreter);
	naming->path = interpreter.path;
	if (!naming->language || !naming->language->begin(&interpreter, kind, &naming->state))
		naming->state = NULL;
	return naming->state;
}

struct script_frames *scripts_name(struct images *images, struct image *image, pid_t tgid,
				   const struct snapshot *snapshot)
{
	struct script_naming *naming = &image_stacks(images, image)->naming;
	struct script_frames *frames = NULL;
	struct memory memory;

	if (!has_scripts(snapshot) || memory_open(tgid, &memory))
		return NULL;
	if (begin_naming(images, image, &memory, snapshot->script_kind, naming) &&
	    naming->language->name)
		frames = calloc(1, sizeof(*frames));
	if (frames) {
		frames->evaluator = naming->language->evaluator;
		frames->interpreter = naming->path;
		name_all(naming->language, naming->state, &memory, snapshot, frames);
		lend_lines(frames);
	}
	memory_close(&memory);
	return frames;
}

struct code_frames *scripts_code(struct images *images, struct image *image, pid_t tgid,
				 const struct snapshot *snapshot)
{
	struct script_naming *naming = &image_stacks(images, image)->naming;
	struct code_frames *frames;

	if (!is_in_code(snapshot->script_kind))
		return NULL;
	frames = calloc(1, sizeof(*frames));
	if (!frames || memory_open(tgid, &frames->memory)) {
		free(frames);
		return NULL;
	}
	if (begin_naming(images, image, &frames->memory, snapshot->script_kind, naming)) {
		frames->language = naming->language;
		frames->state = naming->state;
		if (naming->language->stack && has_scripts(snapshot))
			naming->language->stack(naming->state,
						snapshot->stack + snapshot->script_at,
						snapshot->script_record, snapshot->script_len,
						snapshot->script_cut);
		code_frames_begin(frames);
		return frames;
	}
	code_frames_free(frames);
	return NULL;
}

void scripts_place(struct script_frames *frames, const struct snapshot *snapshot,
		   struct stack **stack)
{
	unsigned int unknown = 0;

	if (frames) {
		unknown = frames->unknown;
		place_scripts(frames, stack);
	} else if (has_scripts(snapshot)) {
		unknown = snapshot->script_len / snapshot->script_record;
	}
	(*stack)->unnamed_scripts = unknown;
}

__u64 scripts_hash(const struct snapshot *snapshot)
{
	if (!has_scripts(snapshot) || is_in_code(snapshot->script_kind))
		return 0; /* the native stack has the addresses of code, and the names tell more */
	return hash_bytes(HASH_BEGIN, snapshot->stack + snapshot->script_at, snapshot->script_len);
}

__u64 scripts_names(const struct script_frames *frames)
{
	return frames && frames->count ? script_frames_hash(frames->list, frames->count) : 0;
}
