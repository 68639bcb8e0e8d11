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
#include <stdbool.h>
#include <sys/types.h>

/* The debug files of which file are looked for. Strings may be NULL: not known. */
struct debug_query {
	pid_t tgid;	      /* a process that has it mapped; may be gone */
	const char *path;     /* of the file in that process's view */
	const char *build_id; /* of the file, hex */
};

/*
 * Descriptor of its debug file, -1 = there is none. `link`, crc: its .gnu_debuglink, or NULL.
 * *ret_path is where it is, to be freed; NULL = it was fetched, or no memory.
 */
int debug_file_open(const struct debug_query *query, const char *link, __u32 crc, char **ret_path);

/*
 * The file that dwz moved a part of the debug information to: `name` is what the
 * .gnu_debugaltlink of the file at `beside` says (NULL = not known where that is): absolute, or
 * from that file's directory; build_id is the other file's, which proves it.
 */
int debug_file_open_alt(const struct debug_query *query, const char *name, const char *build_id,
			const char *beside);

/* The memory that a file's debug sections take once they are in use, in bytes. */
struct debug_size {
	bool zstd;	/* some are compressed so; libelf before 0.189 does not know it */
	__u64 inflated; /* of compressed sections: memory of our own */
	__u64 mapped;	/* of the others: pages of the file */
};
struct debug_size debug_file_size(Elf *elf);

#endif /* SOCKLEAK_DEBUG_FILE_H */
