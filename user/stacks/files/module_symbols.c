/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/module_symbols.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "host/files/elf_notes.h"
#include "stacks/files/debug_file.h"
#include "stacks/files/elf_file.h"
#include "stacks/names/function_name.h"
#include "stacks/files/go_table.h"
#include "stacks/names/runtime_frames.h"
#include "stacks/files/symbol_at.h"

#define MAX_BUILD_ID 64
#define MAX_KNOWN 512
#define BASE_BYTES (64 * 1024)
/* Proving a file by its CRC alone means to read it: seldom. */
#define CRC_LOOKS 32

enum debug {
	DEBUG_UNTRIED = 0,
	DEBUG_NONE,
	DEBUG_FOUND,
	DEBUG_TOO_LARGE,  /* it is there, but not used */
	DEBUG_UNREADABLE, /* it is compressed in a way that libelf does not know */
};

/* An address that was asked for. */
struct known_name {
	__u64 address;
	struct code code;
	UT_hash_handle hh;
};

/* Which file a descriptor is of, as far as needed to see that it is another now. */
struct identity {
	__u64 device, inode;
	__s64 changed_s, changed_ns;
};

struct module_symbols {
	struct elf_file file; /* first: what libdwfl's callbacks are given */
	pid_t tgid;
	char *path;

	Dwfl *dwfl; /* NULL: symbols are not open */
	Dwfl_Module *module;
	enum debug debug;
	bool dwarf_is_open;	 /* or it was tried */
	struct debug_size other; /* debug sections of the debug file */
	struct identity seen;	 /* the debug file that was looked at */
	char *debug_path;	 /* where that is; NULL = there is none, or it was fetched */
	unsigned int looks;
	Dwarf *alt; /* what dwz moved out of the debug information, or NULL */
	int alt_fd;
	char *alt_name, *alt_id; /* of the one that was not there */
	bool looked_for_go, has_go_table;
	bool has_no_rules; /* its debug file has no .debug_frame, or there is none */
	struct go_table go_table;
	struct known_name *known; /* the oldest first */
	size_t known_bytes;
	bool has_language; /* it was looked for */
	enum language language;
};

/* ---- What libdwfl asks ---- */

static struct identity identity_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return (struct identity){ 0 };
	return (struct identity){ st.st_dev, st.st_ino, st.st_ctim.tv_sec, st.st_ctim.tv_nsec };
}

static struct debug_query query_of(const struct module_symbols *file)
{
	return (struct debug_query){ file->tgid, file->path, file->file.build_id };
}

/*
 * Not libdwfl's standard callback: that opens whatever lies at a path which
 * another user's file names (a FIFO would block for ever), and may ask the
 * network. It is also asked for dwz's files, without a CRC: see attach_alt().
 */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *main_file, const char *link, GElf_Word crc, char **ret_name)
{
	struct module_symbols *file = *userdata;
	struct debug_query query = query_of(file);
	char *path;
	Elf *elf;
	int fd;

	(void)module, (void)name, (void)base, (void)main_file, (void)ret_name;
	fd = link && !crc ? -1 : debug_file_open(&query, link, crc, &path);
	if (fd >= 0) {
		free(file->debug_path);
		file->debug_path = path;
		file->seen = identity_of(fd);
		elf = elf_begin(fd, ELF_C_READ, NULL);
		file->other = elf ? debug_file_size(elf) : (struct debug_size){ 0 };
		elf_end(elf);
		if (file->other.inflated > ELF_FILE_MAX_INFLATED) {
			file->debug = DEBUG_TOO_LARGE;
			file->other = (struct debug_size){ 0 };
			close(fd);
			fd = -1;
		}
	}
	errno = 0; /* else libdwfl takes it for the cause */
	return fd;
}

/* ---- Opening ---- */

static struct module_symbols *new_file(void)
{
	struct module_symbols *file = calloc(1, sizeof(*file));

	if (file)
		file->alt_fd = -1;
	return file;
}

struct module_symbols *module_symbols_open(int fd)
{
	struct module_symbols *file = new_file();

	if (file)
		elf_file_open(fd, &file->file);
	else
		close(fd);
	return file;
}

struct module_symbols *module_symbols_of_bytes(const void *bytes, size_t len)
{
	struct module_symbols *file = new_file();

	if (file)
		elf_file_of_bytes(bytes, len, &file->file);
	return file;
}

static size_t known_bytes(const struct known_name *known)
{
	const struct code_name *name = known->code.names;
	size_t bytes = sizeof(*known);

	for (; name < known->code.names + known->code.count; name++) {
		bytes += name->function ? strlen(name->function) + 1 : 0;
		bytes += name->file ? strlen(name->file) + 1 : 0;
	}
	return bytes;
}

static void forget_name(struct module_symbols *file, struct known_name *known)
{
	HASH_DEL(file->known, known);
	file->known_bytes -= known_bytes(known);
	code_clear(&known->code);
	free(known);
}

static void forget_names(struct module_symbols *file)
{
	struct known_name *known, *next;

	HASH_ITER(hh, file->known, known, next)
		forget_name(file, known);
}

bool module_symbols_is_open(const struct module_symbols *file)
{
	return file->dwfl;
}

void module_symbols_shed(struct module_symbols *file)
{
	if (!file->dwfl)
		return;
	dwfl_end(file->dwfl);
	file->dwfl = NULL;
	file->module = NULL;
	dwarf_end(file->alt); /* after what refers to it */
	file->alt = NULL;
	if (file->alt_fd >= 0)
		close(file->alt_fd);
	file->alt_fd = -1;
	file->other = (struct debug_size){ 0 };
}

void module_symbols_free(struct module_symbols *file)
{
	if (!file)
		return;
	module_symbols_shed(file);
	forget_names(file);
	elf_file_clear(&file->file);
	free(file->path);
	free(file->debug_path);
	free(file->alt_name);
	free(file->alt_id);
	free(file);
}

void module_symbols_seen_in(struct module_symbols *file, pid_t tgid, const char *path)
{
	file->tgid = tgid;
	if (file->path && !strcmp(file->path, path))
		return;
	free(file->path);
	file->path = strdup(path);
}

/* ---- Names ---- */

/*
 * Give DWARF that was split by dwz its other half. Without it libdw would open
 * by itself what the file names, so then nothing of it is used (false).
 */
static bool attach_alt(struct module_symbols *file, Dwarf *dwarf)
{
	struct debug_query query = query_of(file);
	const char *name;
	const void *id;
	ssize_t len = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);

	if (len == 0)
		return true; /* it was not split */
	if (len < 0 || len > MAX_BUILD_ID)
		return false;
	free(file->alt_name);
	free(file->alt_id);
	file->alt_name = strdup(name);
	file->alt_id = build_id_hex(id, (size_t)len);
	if (!file->alt_name || !file->alt_id)
		return false;
	file->alt_fd = debug_file_open_alt(&query, file->alt_name, file->alt_id,
					   file->debug_path ?: file->path);
	if (file->alt_fd < 0)
		return false;
	file->seen = identity_of(file->alt_fd);
	file->alt = dwarf_begin(file->alt_fd, DWARF_C_READ);
	if (!file->alt)
		return false;
	dwarf_setalt(dwarf, file->alt);
	return true;
}

static bool open_symbols(struct module_symbols *file)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = elf_file_find_elf,
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	if (file->dwfl)
		return file->module;
	file->dwfl = dwfl_begin(&callbacks);
	file->module = file->dwfl ? elf_file_report(&file->file, file->dwfl, 0) : NULL;
	file->debug = DEBUG_UNTRIED;
	file->dwarf_is_open = false;
	return file->module;
}

/* The most expensive step: libdw inflates all compressed sections, which takes 30 ms for glibc. */
static void open_dwarf(struct module_symbols *file)
{
	Dwarf_Addr bias;
	Dwarf *dwarf;

	if (file->dwarf_is_open)
		return;
	file->dwarf_is_open = true;
	if (file->file.debug.inflated > ELF_FILE_MAX_INFLATED) {
		file->debug = DEBUG_TOO_LARGE;
		return;
	}
	if (file->debug == DEBUG_UNTRIED)
		file->debug = DEBUG_NONE;
	dwarf = dwfl_module_getdwarf(file->module, &bias);
	if (dwarf)
		file->debug = attach_alt(file, dwarf) ? DEBUG_FOUND : DEBUG_NONE;
	/* libdw leaves out what it cannot decompress, here all units */
	if ((file->file.debug.zstd || file->other.zstd) &&
	    (!dwarf || !dwfl_module_nextcu(file->module, NULL, &bias)))
		file->debug = DEBUG_UNREADABLE;
}

/* Is the debug file there that find_debuginfo() was asked for? */
static bool may_have_debug_file(const struct module_symbols *file)
{
	return file->other.mapped || file->other.inflated;
}

/* Looked for when a symbol's form leaves it open, once: all string tables are read for it. */
static enum language language_for(struct module_symbols *file, const char *symbol, Elf *elf)
{
	if (file->file.is_go)
		return LANGUAGE_GO;
	if (file->has_language || !language_is_needed(symbol))
		return file->language;
	file->has_language = true;
	file->language = language_of_strings(elf);
	return file->language;
}

/* The table of a Go program, which has its functions and lines for its own use, too. */
static bool has_go_table(struct module_symbols *file)
{
	if (file->file.is_go && !file->looked_for_go) {
		file->looked_for_go = true;
		file->has_go_table = go_table_open(&file->file, &file->go_table);
	}
	return file->has_go_table;
}

/*
 * The language of each name. Where neither the name nor DWARF tells, it is not Go's in another
 * file.
 */
static void sort_names(const struct module_symbols *file, struct code *code)
{
	struct code_name *name = code->names;

	for (; name < code->names + code->count; name++) {
		unsigned int mangling = name->mangling ?: MANGLING_ANY & ~MANGLING_GO;

		if (file->file.is_go)
			mangling |= MANGLING_GO;
		name->kind = runtime_frame_kind_in(file->path, name->function, mangling);
	}
}

static void make_names(struct module_symbols *file, __u64 address, struct code *code)
{
	struct symbol symbol;
	bool has_symbol = symbol_at(file->module, address, &symbol);
	char *function = NULL;
	struct code_name *last;

	if (has_symbol) {
		code->start = symbol.start;
		function = function_name(symbol.name, language_for(file, symbol.name, symbol.elf));
	}
	if (!may_have_debug_file(file) || !runtime_frame_is_end(file->path, function))
		open_dwarf(file);
	if (file->debug == DEBUG_FOUND && !runtime_frame_is_end(file->path, function))
		lines_at(file->module, address, file->file.is_go, code);
	if (!code->count && has_go_table(file))
		go_table_at(&file->go_table, address, code);
	if (!code->count)
		code->count = 1;
	last = &code->names[code->count - 1];
	if (function) {
		free(last->function);
		last->function = function;
		last->mangling = mangling_of(symbol.name);
	}
	sort_names(file, code);
}

const struct code *module_symbols_name(struct module_symbols *file, __u64 address)
{
	struct known_name *known;

	HASH_FIND(hh, file->known, &address, sizeof(address), known);
	if (known)
		return &known->code;
	if (!file->file.elf || !open_symbols(file))
		return NULL;
	if (HASH_COUNT(file->known) >= MAX_KNOWN)
		forget_name(file, file->known); /* uthash keeps the order in which they came */
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->address = address;
	make_names(file, address, &known->code);
	HASH_ADD(hh, file->known, address, sizeof(known->address), known);
	if (!known->hh.tbl) {
		code_clear(&known->code);
		free(known);
		return NULL;
	}
	file->known_bytes += known_bytes(known);
	return &known->code;
}

const char *module_symbols_local_to(struct module_symbols *file, __u64 address)
{
	struct known_name *known;
	struct symbol symbol;

	HASH_FIND(hh, file->known, &address, sizeof(address), known);
	if (!known)
		return NULL;
	if (!known->code.has_local_to && file->file.elf && open_symbols(file) &&
	    symbol_at(file->module, address, &symbol) && mangling_of(symbol.name) != MANGLING_RUST)
		known->code.local_to = symbol_local_to(file->module, &symbol);
	known->code.has_local_to = true;
	return known->code.local_to;
}

/* ---- The rest ---- */

Dwarf_Frame *module_symbols_rules(struct module_symbols *file, __u64 address)
{
	Dwarf_Frame *frame;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;

	if (!file->file.elf || file->has_no_rules || !open_symbols(file))
		return NULL;
	open_dwarf(file);
	/* libdwfl knows what the file itself has */
	cfi = may_have_debug_file(file) ? dwfl_module_dwarf_cfi(file->module, &bias) : NULL;
	file->has_no_rules = !cfi; /* symbols need not be opened again to know it */
	return cfi && !dwarf_cfi_addrframe(cfi, address - bias, &frame) ? frame : NULL;
}

bool module_symbols_look_again(struct module_symbols *file)
{
	struct debug_query query = query_of(file);
	struct identity found;
	char *path = NULL;
	int fd;

	if (file->debug != DEBUG_NONE || (!file->file.build_id && !file->file.link) ||
	    (!file->file.build_id && ++file->looks % CRC_LOOKS))
		return false;
	fd = file->alt_name ? debug_file_open_alt(&query, file->alt_name, file->alt_id,
						  file->debug_path ?: file->path) :
			      debug_file_open(&query, file->file.link, file->file.crc, &path);
	free(path);
	if (fd < 0)
		return false;
	found = identity_of(fd);
	close(fd);
	if (!memcmp(&found, &file->seen, sizeof(found)))
		return false; /* it was there before, and of no use */
	module_symbols_shed(file);
	forget_names(file);
	file->has_no_rules = false;
	free(file->alt_name);
	free(file->alt_id);
	file->alt_name = file->alt_id = NULL;
	file->debug = DEBUG_UNTRIED;
	return true;
}

size_t module_symbols_memory(const struct module_symbols *file)
{
	__u64 bytes = BASE_BYTES + file->known_bytes + file->file.own;

	/* when it is larger it is not inflated */
	if (file->file.debug.inflated <= ELF_FILE_MAX_INFLATED)
		bytes += file->file.debug.inflated;
	if (file->dwfl)
		bytes += BASE_BYTES + file->other.inflated +
			 (file->file.debug.mapped / 8 + file->other.mapped / 8);
	return bytes;
}

bool module_symbols_has_debug(const struct module_symbols *file)
{
	return file->debug == DEBUG_FOUND || file->has_go_table ||
	       file->debug == DEBUG_UNREADABLE || file->debug == DEBUG_TOO_LARGE ||
	       (file->debug == DEBUG_UNTRIED && may_have_debug_file(file));
}

enum frame_trouble module_symbols_trouble(const struct module_symbols *file)
{
	return file->debug == DEBUG_UNREADABLE ? TROUBLE_COMPRESSION :
	       file->debug == DEBUG_TOO_LARGE  ? TROUBLE_SIZE :
						 TROUBLE_NONE;
}

struct elf_file *module_symbols_file(struct module_symbols *file)
{
	return &file->file;
}
