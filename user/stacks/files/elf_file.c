/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/elf_notes.h"
#include "stacks/files/elf_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BUILD_ID 64

/* ---- Opening ---- */

/* Nothing but Go has these sections. */
static bool is_go(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *name;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, strings, header.sh_name);
		if (name && (!strcmp(name, ".gopclntab") || !strcmp(name, ".go.buildinfo") ||
			     !strcmp(name, ".note.go.buildid")))
			return true;
	}
	return false;
}

static void look_into(struct elf_file *file)
{
	GElf_Word crc = 0;
	const char *link;
	const void *id;
	GElf_Ehdr ehdr;
	ssize_t len;

	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &ehdr) ||
	    (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN)) {
		elf_end(file->elf);
		file->elf = NULL;
		return;
	}
	len = dwelf_elf_gnu_build_id(file->elf, &id);
	if (len > 0 && len <= MAX_BUILD_ID)
		file->build_id = build_id_hex(id, (size_t)len);
	link = dwelf_elf_gnu_debuglink(file->elf, &crc);
	if (link)
		file->link = strdup(link);
	file->crc = crc;
	file->debug = debug_file_size(file->elf);
	file->is_go = is_go(file->elf);
}

void elf_file_open(int fd, struct elf_file *ret)
{
	struct stat st;

	*ret = (struct elf_file){ .owner = fstat(fd, &st) ? ~0U : st.st_uid };
	elf_version(EV_CURRENT);
	ret->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (ret->elf && elf_cntl(ret->elf, ELF_C_FDREAD)) {
		elf_end(ret->elf);
		ret->elf = NULL;
	}
	close(fd); /* it is mapped now */
	look_into(ret);
}

void elf_file_of_bytes(const void *bytes, size_t len, struct elf_file *ret)
{
	*ret = (struct elf_file){ .owner = ~0U };
	elf_version(EV_CURRENT);
	ret->bytes = malloc(len + 1);
	if (!ret->bytes)
		return;
	memcpy(ret->bytes, bytes, len);
	ret->own = len;
	ret->elf = elf_memory(ret->bytes, len);
	look_into(ret);
}

void elf_file_clear(struct elf_file *file)
{
	elf_end(file->elf);
	free(file->bytes);
	free(file->build_id);
	free(file->link);
	*file = (struct elf_file){ 0 };
}

/* ---- Questions ---- */

int elf_file_bias(const struct elf_file *file, const struct mapping *mapping, __u64 *ret_bias)
{
	const __u64 page = (__u64)sysconf(_SC_PAGESIZE);
	GElf_Phdr phdr;
	size_t i, count;

	if (!file->elf || elf_getphdrnum(file->elf, &count))
		return -ENOEXEC;
	for (i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || !(phdr.p_flags & PF_X) ||
		    mapping->offset < (phdr.p_offset & -page) ||
		    mapping->offset - (phdr.p_offset & -page) >=
			    phdr.p_filesz + (phdr.p_offset & (page - 1)))
			continue;
		*ret_bias = mapping->start - (phdr.p_vaddr - phdr.p_offset + mapping->offset);
		return 0;
	}
	return -ENOEXEC;
}

bool elf_file_is_copy(const struct elf_file *file, const struct mapping *mapping, __u64 bias)
{
	const __u64 page = (__u64)sysconf(_SC_PAGESIZE);
	GElf_Ehdr ehdr;
	GElf_Phdr phdr;
	size_t i, count;
	bool begins = false;

	if (!mapping->inode || !gelf_getehdr(file->elf, &ehdr) || elf_getphdrnum(file->elf, &count))
		return false; /* the vdso is there once, and all of it */
	/* libdwfl, too, takes an ET_EXEC file to be where it was linked for */
	if (ehdr.e_type == ET_EXEC)
		return bias;
	/* of a small file the linker may have put several segments into the first page */
	for (i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || phdr.p_offset >= page)
			continue;
		if (mapping->header == bias + phdr.p_vaddr - phdr.p_offset)
			return false;
		begins = true;
	}
	return begins;
}

const unsigned char *elf_file_bytes(const struct elf_file *file, __u64 offset, size_t len)
{
	const char *bytes;
	size_t size;

	if (!file->elf)
		return NULL;
	/* not elf_getdata_rawchunk(): that keeps something for each piece that it is asked for */
	bytes = elf_rawfile(file->elf, &size);
	if (!bytes || offset > size || len > size - offset)
		return NULL;
	return (const unsigned char *)bytes + offset;
}

/* ---- libdwfl ---- */

/* Every Dwfl shares the one Elf; libelf counts its users. */
int elf_file_find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		      char **ret_name, Elf **ret_elf)
{
	const struct elf_file *file = *userdata;

	(void)module, (void)name, (void)base, (void)ret_name;
	*ret_elf = elf_begin(-1, file->bytes ? ELF_C_READ : ELF_C_READ_MMAP, file->elf);
	return -1;
}

static int find_no_debuginfo(Dwfl_Module *module, void **userdata, const char *name,
			     Dwarf_Addr base, const char *main_file, const char *link,
			     GElf_Word crc, char **ret_name)
{
	(void)module, (void)userdata, (void)name, (void)base, (void)main_file, (void)link;
	(void)crc, (void)ret_name;
	errno = 0; /* else libdwfl takes it for the cause */
	return -1;
}

Dwfl *elf_file_unwinder(void)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = elf_file_find_elf,
		.find_debuginfo = find_no_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	return dwfl_begin(&callbacks);
}

Dwfl_Module *elf_file_report(struct elf_file *file, Dwfl *dwfl, __u64 bias)
{
	GElf_Addr low = 0, high = 0, ignored;
	Dwfl_Module *module;
	bool any = false;
	size_t i, count;
	void **userdata;
	GElf_Phdr phdr;
	char name[64];

	if (!file->elf || elf_getphdrnum(file->elf, &count))
		return NULL;
	for (i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD)
			continue;
		if (!any) /* libdwfl finds the bias by the first segment's start, aligned so */
			low = phdr.p_vaddr & -phdr.p_align;
		any = true;
		high = phdr.p_vaddr + phdr.p_memsz;
	}
	if (high <= low || high + bias <= low + bias)
		return NULL;
	/* a name of its own: libdwfl merges modules of the same name and addresses */
	snprintf(name, sizeof(name), "%p+%llx", (void *)file, bias);
	dwfl_report_begin_add(dwfl);
	module = dwfl_report_module(dwfl, name, low + bias, high + bias);
	dwfl_report_end(dwfl, NULL, NULL);
	if (!module)
		return NULL;
	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = file;
	/* at once, for the file may be gone when libdwfl first wants it */
	return dwfl_module_getelf(module, &ignored) ? module : NULL;
}
