/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fnmatch.h>
#include <gelf.h>
#include <libiberty/demangle.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "modules.h"
#include "process.h"
#include "sockleak.h"

#define MAX_IMAGES 16
#define MAX_FILES 256
#define MAX_RESOLVED 32
#define FRESH_NS 1000000000ULL
#define MAX_NAME 4096 /* bytes of a mangled name; a longer one is shown as it is */
#define MAX_CRC_BYTES (256 * 1024 * 1024) /* of a debug file that has only a CRC to prove it */
#define MAX_BUILD_ID 64
#define DEBUG_DIR "/usr/lib/debug"

#define _cleanup_free_ __attribute__((cleanup(freep)))
#define _cleanup_close_ __attribute__((cleanup(closep)))

/* A mapped file of a process, as libdwfl knows it. */
struct file {
	struct file *next;
	const struct mapping *mapping;
	pid_t tgid;
	Dwfl_Module *module; /* NULL: it could not be opened, or is no ELF file */
	Elf *elf;
	char *build_id; /* hex, NULL = none */
	bool lines_checked, no_lines;
	Dwarf *alt; /* what dwz moved out of its debug information, or NULL */
	int alt_fd;
};

/* A stack that was resolved before. */
struct resolved {
	struct stack *stack; /* NULL: an empty place */
	__u64 *pcs;
	__u64 caller;
	unsigned int count;
};

/* What a process has mapped. An exec gives it another image. */
struct image {
	pid_t tgid;
	__u64 start_ns;
	__u64 read_ns; /* when its mappings were last known to be true */
	__u64 used;
	struct modules *modules;
	Dwfl *dwfl;
	struct file *files;
	unsigned int n_files;
	struct resolved resolved[MAX_RESOLVED];
	unsigned int next_resolved;
};

struct symbols {
	struct image *images[MAX_IMAGES];
	__u64 uses;
	unsigned int files;
};

static void freep(void *pointer)
{
	free(*(void **)pointer);
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
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
static int open_by_link(const struct file *file, const char *link, GElf_Word crc, char *path,
			size_t size)
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
	const struct file *file = *userdata;
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
static bool attach_alt(struct file *file, Dwarf *dwarf)
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
static char *find_function(const struct file *file, Dwarf_Addr address)
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
static Dwarf_Line *find_line_slowly(const struct file *file, Dwarf_Addr address)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	while ((unit = dwfl_module_nextcu(file->module, unit, &bias)))
		if (dwarf_haspc(unit, address - bias) > 0)
			return dwarf_getsrc_die(unit, address - bias);
	return NULL;
}

static void find_line(struct file *file, Dwarf_Addr address, struct frame *frame)
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
static int report(struct image *image, struct file *file, int fd)
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
	snprintf(name, sizeof(name), "%u", image->n_files);
	dwfl_report_begin_add(image->dwfl);
	file->module = dwfl_report_elf(image->dwfl, name, file->mapping->path, fd, load, true);
	dwfl_report_end(image->dwfl, NULL, NULL);
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

/* ---- Images of processes ---- */

static void free_image(struct symbols *symbols, struct image *image)
{
	struct file *file, *next;
	unsigned int i;

	if (!image)
		return;
	for (i = 0; i < MAX_RESOLVED; i++) {
		stack_unref(image->resolved[i].stack);
		free(image->resolved[i].pcs);
	}
	if (image->dwfl)
		dwfl_end(image->dwfl); /* closes the files; they may refer to the alt ones */
	for (file = image->files; file; file = next) {
		next = file->next;
		dwarf_end(file->alt);
		closep(&file->alt_fd);
		free(file->build_id);
		free(file);
		symbols->files--;
	}
	modules__free(image->modules);
	free(image);
}

static void drop_image(struct symbols *symbols, struct image **slot)
{
	free_image(symbols, *slot);
	*slot = NULL;
}

/* Drop the image that was not used for longest, but not this one. False: there is no other. */
static bool evict(struct symbols *symbols, const struct image *keep)
{
	struct image **oldest = NULL, **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (*slot && *slot != keep && (!oldest || (*slot)->used < (*oldest)->used))
			oldest = slot;
	if (!oldest)
		return false;
	drop_image(symbols, oldest);
	return true;
}

static struct image **find_slot(struct symbols *symbols, pid_t tgid)
{
	struct image **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (*slot && (*slot)->tgid == tgid)
			return slot;
	return NULL;
}

static void place_image(struct symbols *symbols, struct image *image)
{
	struct image **slot;

	for (slot = symbols->images; slot < symbols->images + MAX_IMAGES; slot++)
		if (!*slot)
			break;
	if (slot == symbols->images + MAX_IMAGES) {
		evict(symbols, NULL);
		place_image(symbols, image);
		return;
	}
	*slot = image;
}

/* Takes the modules, also on failure. */
static struct image *new_image(pid_t tgid, __u64 start_ns, struct modules *modules)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = find_elf,
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	struct image *image = calloc(1, sizeof(*image));

	if (image)
		image->dwfl = dwfl_begin(&callbacks);
	if (!image || !image->dwfl) {
		free(image);
		modules__free(modules);
		return NULL;
	}
	image->tgid = tgid;
	image->start_ns = start_ns;
	image->modules = modules;
	return image;
}

static __u64 monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Bring what is known of a process up to date. On failure what was known stays, if it is its. */
static int refresh_image(struct symbols *symbols, pid_t tgid)
{
	struct image **slot = find_slot(symbols, tgid), *image = slot ? *slot : NULL;
	__u64 now_ns = monotonic_ns(), start_ns;
	struct modules *modules;
	int err;

	err = process_start_time(tgid, &start_ns);
	if (err)
		return err;
	if (image && image->start_ns != start_ns) {
		drop_image(symbols, slot);
		image = NULL;
	}
	if (image && now_ns - image->read_ns < FRESH_NS)
		return 0;
	err = modules__read(tgid, &modules);
	if (err)
		return err;
	if (image && modules__equal(modules, image->modules)) {
		modules__free(modules);
		image->read_ns = now_ns;
		return 0;
	}
	if (image)
		drop_image(symbols, slot);
	image = new_image(tgid, start_ns, modules);
	if (!image)
		return -ENOMEM;
	image->read_ns = now_ns;
	place_image(symbols, image);
	return 0;
}

/*
 * What a process has mapped now, or last had. -ENOMEM; any other error: nothing
 * can be said about it. Of a process that is gone, one of the same pid before it
 * may be found: its addresses then seldom fit (ASLR), and the stack is cut.
 */
static int find_image(struct symbols *symbols, pid_t tgid, struct image **ret_image)
{
	int err = refresh_image(symbols, tgid);
	struct image **slot = find_slot(symbols, tgid);

	if (!slot)
		return err;
	(*slot)->used = ++symbols->uses;
	*ret_image = *slot;
	return 0;
}

/* The file of a mapping, opened when it is first asked for. NULL: no place or no memory. */
static struct file *find_file(struct symbols *symbols, struct image *image,
			      const struct mapping *mapping)
{
	struct file *file;
	int fd;

	for (file = image->files; file; file = file->next)
		if (file->mapping == mapping)
			return file;
	while (symbols->files >= MAX_FILES)
		if (!evict(symbols, image))
			return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->mapping = mapping;
	file->tgid = image->tgid;
	file->alt_fd = -1;
	file->next = image->files;
	image->files = file;
	image->n_files++;
	symbols->files++;
	if (!mapping_open(image->tgid, mapping, &fd) && report(image, file, fd))
		close(fd);
	return file;
}

/* ---- Stacks ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool matches(const char *path, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, base_name(path), 0))
			return true;
	return false;
}

static const char *const glibc[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", NULL,
};

/* What lies between a program and the kernel; language runtimes are not told yet. */
static const char *const plumbing[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", "ld-linux*.so.*",
	"ld-2.*.so", "ld64.so.*",   "ld-musl-*.so.*",  "libc.musl-*.so.*",  "\\[vdso]",
	NULL,
};

static bool is_socket(const struct frame *frame)
{
	return frame->function &&
	       (!strcmp(frame->function, "socket") || !strcmp(frame->function, "__socket"));
}

/*
 * Executable memory that only looks like a file: JIT compilers map the same
 * pages twice, to write and to run. An offset in it means nothing elsewhere.
 */
static bool is_nameless(const char *path)
{
	return !strncmp(path, "/memfd:", 7) || !strcmp(path, "/dev/zero") ||
	       !strncmp(path, "/SYSV", 5);
}

/* All that is known of the code that an address returns to. Less without memory. */
static void fill_frame(struct symbols *symbols, struct image *image, __u64 pc, struct frame *frame)
{
	/* pc - 1 is in the call; pc may be behind the function, which then never returns */
	const struct mapping *mapping = modules__find(image->modules, pc - 1);
	struct file *file;

	frame->pc = pc;
	if (!mapping || !mapping->path)
		return;
	file = mapping_is_file(mapping) ? find_file(symbols, image, mapping) : NULL;
	if ((!file || !file->module) && is_nameless(mapping->path))
		return;
	frame->module = strdup(mapping->path);
	if (!frame->module)
		return;
	frame->offset = pc - mapping->start + mapping->offset;
	frame->plumbing = matches(mapping->path, plumbing);
	if (!file || !file->module)
		return;
	frame->build_id = file->build_id ? strdup(file->build_id) : NULL;
	frame->function = find_function(file, pc - 1);
	find_line(file, pc - 1, frame);
}

bool symbols_ends_in_call(const unsigned char *code, size_t len)
{
	size_t n;

	if (len >= 5 && code[len - 5] == 0xe8)
		return true;
	for (n = 2; n <= 7 && n <= len; n++) {
		const unsigned char *insn = code + len - n;
		unsigned int mod = insn[1] >> 6, rm = insn[1] & 7;
		size_t size = 2;

		if (insn[0] != 0xff || (insn[1] >> 3 & 7) != 2)
			continue;
		if (mod != 3 && rm == 4) { /* a SIB byte follows; base 5 in mod 0 is a disp32 */
			size++;
			if (mod == 0 && n > 2 && (insn[2] & 7) == 5)
				size += 4;
		}
		if (mod == 0 && rm == 5) /* relative to rip */
			size += 4;
		if (mod == 1)
			size += 1;
		if (mod == 2)
			size += 4;
		if (size == n)
			return true;
	}
	return false;
}

/* Is there a call in a mapped file that returns to this address? */
static bool follows_call(struct symbols *symbols, struct image *image, __u64 address)
{
	const struct mapping *mapping = modules__find(image->modules, address - 1);
	struct file *file;
	Elf_Data *data;
	__u64 offset;
	size_t len;

	if (!mapping || !mapping_is_file(mapping))
		return false;
	file = find_file(symbols, image, mapping);
	if (!file || !file->elf)
		return false;
	offset = address - mapping->start + mapping->offset;
	len = address - mapping->start < 7 ? address - mapping->start : 7;
	data = elf_getdata_rawchunk(file->elf, offset - len, len, ELF_T_BYTE);
	return data && data->d_size == len && symbols_ends_in_call(data->d_buf, len);
}

/* May the word on top of the stack be taken for the caller of frame 0? See symbols.h. */
static bool is_caller(struct symbols *symbols, struct image *image, const struct frame *first,
		      __u64 caller)
{
#ifdef __x86_64__
	return caller && first->module && matches(first->module, glibc) && is_socket(first) &&
	       follows_call(symbols, image, caller);
#else
	(void)symbols, (void)image, (void)first, (void)caller;
	return false;
#endif
}

static struct stack *resolve_in_image(struct symbols *symbols, struct image *image,
				      const __u64 *pcs, unsigned int count, __u64 caller)
{
	struct stack *stack = stack_new(count + 1); /* one more for the caller */
	unsigned int i, n = 0;

	if (!stack)
		return NULL;
	for (i = 0; i < count; i++) {
		if (i && !modules__find(image->modules, pcs[i] - 1))
			break; /* not code: the walk has gone astray */
		fill_frame(symbols, image, pcs[i], &stack->frames[n++]);
		if (i || (count > 1 && pcs[1] == caller))
			continue;
		/* in a static program libc has no module of its own */
		stack->frames[0].plumbing |= is_socket(&stack->frames[0]);
		if (is_caller(symbols, image, &stack->frames[0], caller))
			fill_frame(symbols, image, caller, &stack->frames[n++]);
	}
	stack->count = n;
	return stack;
}

static struct stack *find_resolved(const struct image *image, const __u64 *pcs, unsigned int count,
				   __u64 caller, enum stack_source source)
{
	const struct resolved *known;

	for (known = image->resolved; known < image->resolved + MAX_RESOLVED; known++)
		if (known->stack && known->count == count && known->caller == caller &&
		    known->stack->source == source &&
		    !memcmp(known->pcs, pcs, count * sizeof(*pcs)))
			return known->stack;
	return NULL;
}

/* Without memory it is simply not remembered. */
static void remember(struct image *image, const __u64 *pcs, unsigned int count, __u64 caller,
		     struct stack *stack)
{
	struct resolved *place = &image->resolved[image->next_resolved];
	__u64 *copy = malloc(count * sizeof(*pcs) + 1);

	if (!copy)
		return;
	memcpy(copy, pcs, count * sizeof(*pcs));
	stack_unref(place->stack);
	free(place->pcs);
	*place = (struct resolved){ stack_ref(stack), copy, caller, count };
	image->next_resolved = (image->next_resolved + 1) % MAX_RESOLVED;
}

static struct stack *bare_stack(const __u64 *pcs, unsigned int count)
{
	struct stack *stack = stack_new(count);
	unsigned int i;

	for (i = 0; stack && i < count; i++)
		stack->frames[i].pc = pcs[i];
	return stack;
}

int symbols__resolve(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		     __u64 caller, enum stack_source source, struct stack **ret_stack)
{
	struct image *image = NULL;
	struct stack *stack;

	if (count > SOCKLEAK_STACK_DEPTH)
		count = SOCKLEAK_STACK_DEPTH;
	if (find_image(symbols, tgid, &image) == -ENOMEM)
		return -ENOMEM;
	stack = image ? find_resolved(image, pcs, count, caller, source) : NULL;
	if (stack) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	stack = image ? resolve_in_image(symbols, image, pcs, count, caller) :
			bare_stack(pcs, count);
	if (!stack)
		return -ENOMEM;
	stack->source = source;
	stack->site = site_id(stack);
	if (image)
		remember(image, pcs, count, caller, stack);
	*ret_stack = stack;
	return 0;
}

struct symbols *symbols__new(void)
{
	elf_version(EV_CURRENT);
	return calloc(1, sizeof(struct symbols));
}

void symbols__free(struct symbols *symbols)
{
	unsigned int i;

	if (!symbols)
		return;
	for (i = 0; i < MAX_IMAGES; i++)
		free_image(symbols, symbols->images[i]);
	free(symbols);
}
