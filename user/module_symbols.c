/* SPDX-License-Identifier: BSD-2-Clause */
#include "module_symbols.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#if __has_include(<libiberty/demangle.h>)
#include <libiberty/demangle.h>
#else /* as Fedora's binutils-devel has it */
#include <demangle.h>
#endif
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_NAME 4096 /* bytes of a mangled name; a longer one is shown as it is */
#define MAX_CRC_BYTES (256 * 1024 * 1024) /* of a debug file that has only a CRC to prove it */
#define MAX_BUILD_ID 64
#define DEBUG_DIR "/usr/lib/debug"

#define _cleanup_free_ __attribute__((cleanup(freep)))

/* One mapped file of a process, as libdwfl knows it. */
struct module_symbols {
	const struct mapping *mapping;
	pid_t tgid;
	Dwfl_Module *module; /* NULL: it could not be opened, or is no ELF file */
	Elf *elf;
	char *build_id; /* hex, NULL = none */
	bool lines_checked, no_lines;
	Dwarf *alt; /* what dwz moved out of its debug information, or NULL */
	int alt_fd;
};

static void freep(void *pointer)
{
	free(*(void **)pointer);
}

/* ---- Debug files of a module ---- */

static char *hex(const unsigned char *bytes, size_t len)
{
	char *string = malloc(2 * len + 1);
	size_t i;

	for (i = 0; string && i < len; i++)
		sprintf(string + 2 * i, "%02x", bytes[i]);
	return string;
}

static bool has_build_id(int fd, const char *build_id)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	const void *bytes;
	char *found;
	ssize_t len;
	bool same;

	len = elf ? dwelf_elf_gnu_build_id(elf, &bytes) : -1;
	found = len > 0 && len <= MAX_BUILD_ID ? hex(bytes, len) : NULL;
	same = found && !strcmp(found, build_id);
	free(found);
	elf_end(elf);
	return same;
}

/* The checksum that objcopy --add-gnu-debuglink stores is zlib's. */
static bool has_crc(int fd, GElf_Word wanted)
{
	unsigned char buffer[16384];
	uLong crc = crc32(0, NULL, 0);
	struct stat st;
	ssize_t len;
	off_t at;

	if (fstat(fd, &st) || st.st_size > MAX_CRC_BYTES)
		return false;
	for (at = 0; at < MAX_CRC_BYTES; at += len) {
		len = pread(fd, buffer, sizeof(buffer), at);
		if (len <= 0)
			break;
		crc = crc32(crc, buffer, len);
	}
	return crc == wanted;
}

/* Our own directory first: only root writes there. */
static int open_by_build_id(pid_t tgid, const char *build_id, char *path, size_t size)
{
	int fd;

	if (!build_id || strlen(build_id) < 4)
		return -1;
	snprintf(path, size, DEBUG_DIR "/.build-id/%.2s/%s.debug", build_id, build_id + 2);
	if (!open_regular(path, &fd) || !process_open_path(tgid, path, &fd)) {
		if (has_build_id(fd, build_id))
			return fd;
		close(fd);
	}
	return -1;
}

/* GDB manual, "Debugging Information in Separate Files": the places for a link's file. */
static int open_by_link(const struct module_symbols *file, const char *link, GElf_Word crc,
			char *path, size_t size)
{
	static const char *const places[][2] = { { "", "/" },
						 { "", "/.debug/" },
						 { DEBUG_DIR, "/" } };
	const char *main_path = file->mapping->path, *slash = strrchr(main_path, '/');
	size_t i;
	int fd;

	if (strchr(link, '/') || !slash)
		return -1;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((size_t)snprintf(path, size, "%s%.*s%s%s", places[i][0],
				     (int)(slash - main_path), main_path, places[i][1],
				     link) >= size)
			continue;
		if (process_open_path(file->tgid, path, &fd))
			continue;
		if (file->build_id ? has_build_id(fd, file->build_id) : has_crc(fd, crc))
			return fd;
		close(fd);
	}
	return -1;
}

/*
 * libdwfl's callback. Not its standard one: that opens whatever lies at a path
 * which another user's file names (a FIFO would block for ever), and may ask the
 * network. It is also asked for dwz's files, without a CRC: see attach_alt().
 */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *main_file, const char *link, GElf_Word crc, char **ret_name)
{
	const struct module_symbols *file = *userdata;
	char path[PATH_MAX];
	int fd;

	(void)module, (void)name, (void)base, (void)main_file;
	errno = 0; /* else libdwfl takes it for the cause */
	if (!file || (link && !crc))
		return -1;
	fd = open_by_build_id(file->tgid, file->build_id, path, sizeof(path));
	if (fd < 0 && link)
		fd = open_by_link(file, link, crc, path, sizeof(path));
	errno = 0;
	if (fd >= 0)
		*ret_name = strdup(path); /* for dwfl_module_info() only, may be NULL */
	return fd;
}

/* All modules are reported with an open file, so it is never asked. */
static int find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		    char **ret_name, Elf **ret_elf)
{
	(void)module, (void)userdata, (void)name, (void)base, (void)ret_name, (void)ret_elf;
	return -1;
}

/*
 * Give DWARF that was split by dwz its other half. Without it libdw would open
 * by itself what the file names, so then the lines are not used at all (false).
 */
static bool attach_alt(struct module_symbols *file, Dwarf *dwarf)
{
	_cleanup_free_ char *build_id = NULL;
	const char *name;
	const void *id;
	char path[PATH_MAX];
	ssize_t len = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);

	if (len == 0)
		return true; /* it was not split */
	if (len < 0 || len > MAX_BUILD_ID)
		return false;
	build_id = hex(id, len);
	if (!build_id)
		return false;
	file->alt_fd = open_by_build_id(file->tgid, build_id, path, sizeof(path));
	/* Debian has its dwz files under their names alone */
	if (file->alt_fd < 0 && !strncmp(name, DEBUG_DIR "/.dwz/", strlen(DEBUG_DIR "/.dwz/")) &&
	    !strstr(name, "/../") && !process_open_path(file->tgid, name, &file->alt_fd) &&
	    !has_build_id(file->alt_fd, build_id)) {
		close(file->alt_fd);
		file->alt_fd = -1;
	}
	if (file->alt_fd >= 0)
		file->alt = dwarf_begin(file->alt_fd, DWARF_C_READ);
	if (!file->alt)
		return false;
	dwarf_setalt(dwarf, file->alt);
	return true;
}

/* ---- Symbols of a module ---- */

/* Is the symbol of size 0 one of the kind that symbols.h accepts? */
static bool accepts_sizeless(Elf *elf, GElf_Word section_index)
{
	bool executable = false, symtab = false;
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			return false;
		if (header.sh_type == SHT_SYMTAB)
			symtab = true;
		if (elf_ndxscn(section) == section_index)
			executable = header.sh_flags & SHF_EXECINSTR;
	}
	return executable && symtab;
}

static char *demangle(const char *symbol)
{
	/* .symtab writes versioned symbols as name@VERSION or name@@VERSION */
	size_t len = symbol[0] == '@' ? strlen(symbol) : strcspn(symbol, "@");
	char *name = strndup(symbol, len), *readable;

	if (!name || len > MAX_NAME)
		return name;
	readable = cplus_demangle(name, DMGL_AUTO | DMGL_ANSI); /* names without parameters */
	if (!readable)
		return name;
	free(name);
	return readable;
}

/* NULL: no symbol covers it (or no memory). */
static char *find_function(const struct module_symbols *file, Dwarf_Addr address)
{
	Dwarf_Addr bias;
	GElf_Word section;
	const char *name;
	GElf_Off offset;
	GElf_Sym symbol;
	int type;
	Elf *elf;

	/* libdwfl: a sized symbol that holds the address, or one of size 0 with nothing between */
	name = dwfl_module_addrinfo(file->module, address, &offset, &symbol, &section, &elf, &bias);
	if (!name)
		return NULL;
	type = GELF_ST_TYPE(symbol.st_info);
	if (type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC)
		return NULL;
	if (symbol.st_size ? offset >= symbol.st_size : !accepts_sizeless(elf, section))
		return NULL;
	return demangle(name);
}

/*
 * The line by looking at every compilation unit: libdwfl finds one by
 * .debug_aranges alone, which clang does not write.
 */
static Dwarf_Line *find_line_slowly(const struct module_symbols *file, Dwarf_Addr address)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	while ((unit = dwfl_module_nextcu(file->module, unit, &bias)))
		if (dwarf_haspc(unit, address - bias) > 0)
			return dwarf_getsrc_die(unit, address - bias);
	return NULL;
}

static void find_line(struct module_symbols *file, Dwarf_Addr address, struct frame *frame)
{
	const char *name = NULL;
	Dwarf_Line *line;
	Dwarf_Addr bias;
	int number = 0;
	Dwfl_Line *quick;
	Dwarf *dwarf;

	if (!file->lines_checked) {
		file->lines_checked = true;
		dwarf = dwfl_module_getdwarf(file->module, &bias);
		file->no_lines = !dwarf || !attach_alt(file, dwarf);
	}
	if (file->no_lines)
		return;
	quick = dwfl_module_getsrc(file->module, address);
	if (quick) {
		name = dwfl_lineinfo(quick, NULL, &number, NULL, NULL, NULL);
	} else {
		line = find_line_slowly(file, address);
		if (line && !dwarf_lineno(line, &number))
			name = dwarf_linesrc(line, NULL, NULL);
	}
	if (!name || number <= 0) /* line 0: code that stands in no line */
		return;
	frame->file = strdup(name);
	if (frame->file)
		frame->line = number;
}

/*
 * How far the process has the file from where its program headers want it.
 * -ENOEXEC: no ELF file, or its headers do not explain the mapping.
 */
static int load_bias(int fd, const struct mapping *mapping, __u64 *ret_bias)
{
	const __u64 page = sysconf(_SC_PAGESIZE);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	size_t i, count;
	int err = -ENOEXEC;
	GElf_Ehdr ehdr;
	GElf_Phdr phdr;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr) ||
	    (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN) || elf_getphdrnum(elf, &count))
		count = 0;
	for (i = 0; i < count && gelf_getphdr(elf, i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || !(phdr.p_flags & PF_X) ||
		    mapping->offset < (phdr.p_offset & -page) ||
		    mapping->offset - (phdr.p_offset & -page) >=
			    phdr.p_filesz + (phdr.p_offset & (page - 1)))
			continue;
		*ret_bias = mapping->start - (phdr.p_vaddr - phdr.p_offset + mapping->offset);
		/* libdwfl takes an ET_EXEC file to be where it was linked for */
		err = ehdr.e_type == ET_EXEC && *ret_bias ? -ENOEXEC : 0;
		break;
	}
	elf_end(elf);
	return err;
}

/* Give libdwfl the file; on success the descriptor is its own. */
static int report(Dwfl *dwfl, struct module_symbols *file, int fd)
{
	const unsigned char *bits;
	char name[32];
	GElf_Addr bias;
	void **userdata;
	__u64 load;
	int len;

	if (load_bias(fd, file->mapping, &load))
		return -ENOEXEC;
	/* a name of its own: libdwfl merges modules of the same name and addresses */
	snprintf(name, sizeof(name), "%p", (void *)file);
	dwfl_report_begin_add(dwfl);
	file->module = dwfl_report_elf(dwfl, name, file->mapping->path, fd, load, true);
	dwfl_report_end(dwfl, NULL, NULL);
	if (!file->module)
		return -ENOEXEC;
	dwfl_module_info(file->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = file;
	file->elf = dwfl_module_getelf(file->module, &bias);
	len = file->elf ? dwfl_module_build_id(file->module, &bits, &bias) : 0;
	if (len > 0 && len <= MAX_BUILD_ID)
		file->build_id = hex(bits, len);
	return 0;
}

Dwfl *module_symbols_begin(void)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = find_elf,
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	elf_version(EV_CURRENT);
	return dwfl_begin(&callbacks);
}

struct module_symbols *module_symbols_open(Dwfl *dwfl, pid_t tgid, const struct mapping *mapping)
{
	struct module_symbols *file = calloc(1, sizeof(*file));
	int fd;

	if (!file)
		return NULL;
	file->mapping = mapping;
	file->tgid = tgid;
	file->alt_fd = -1;
	if (!mapping_open(tgid, mapping, &fd) && report(dwfl, file, fd))
		close(fd);
	return file;
}

void module_symbols_free(struct module_symbols *file)
{
	if (!file)
		return;
	dwarf_end(file->alt);
	if (file->alt_fd >= 0)
		close(file->alt_fd);
	free(file->build_id);
	free(file);
}

const struct mapping *module_symbols_mapping(const struct module_symbols *file)
{
	return file->mapping;
}

bool module_symbols_is_elf(const struct module_symbols *file)
{
	return file->module;
}

void module_symbols_name(struct module_symbols *file, __u64 address, struct frame *frame)
{
	if (!file->module)
		return;
	frame->build_id = file->build_id ? strdup(file->build_id) : NULL;
	frame->function = find_function(file, address);
	find_line(file, address, frame);
}

const unsigned char *module_symbols_bytes(const struct module_symbols *file, __u64 offset,
					  size_t len)
{
	Elf_Data *data;

	if (!file->elf)
		return NULL;
	data = elf_getdata_rawchunk(file->elf, offset, len, ELF_T_BYTE);
	return data && data->d_size == len ? data->d_buf : NULL;
}
