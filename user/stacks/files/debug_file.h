/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * debug_file: where the debug information of an ELF file lies when it is not in
 * the file itself. It looks by build id below /usr/lib/debug, here and in the
 * process's root, and by .gnu_debuglink beside the file as the process sees it;
 * a file that has another build id (or, without ids, another CRC) is not taken.
 * Nothing goes to the network.
 */
#ifndef SOCKLEAK_DEBUG_FILE_H
#define SOCKLEAK_DEBUG_FILE_H

#include <libelf.h>
#include <linux/types.h>
#include <sys/types.h>

/* The debug files of which file are looked for. Strings may be NULL: not known. */
struct debug_query {
	pid_t tgid;	      /* a process that has it mapped; may be gone */
	const char *path;     /* of the file in that process's view */
	const char *build_id; /* of the file, hex */
};

/* Descriptor of its debug file, -1 = there is none. `link`, crc: its .gnu_debuglink, or NULL. */
int debug_file_open(const struct debug_query *query, const char *link, __u32 crc);

/*
 * The file that dwz moved a part of the debug information to: `name` is what the
 * .gnu_debugaltlink of the debug file says, build_id the other one's.
 */
int debug_file_open_alt(const struct debug_query *query, const char *name, const char *build_id);

/* What a file's debug sections take in memory once they are in use, in bytes. */
struct debug_size {
	__u64 inflated; /* of compressed sections: memory of our own */
	__u64 mapped;	/* of the others: pages of the file */
};
struct debug_size debug_file_size(Elf *elf);

#endif /* SOCKLEAK_DEBUG_FILE_H */
