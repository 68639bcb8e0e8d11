/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the threads of a program that executes scripts have the frames of those scripts. User space
 * writes a recipe for each such program (user/scripts/), and the kernel's side follows it when it
 * takes a snapshot (bpf/scripts.bpf.h). A recipe is data: the kernel's side knows no language. The
 * rules of sockleak.h for types hold here.
 */
#ifndef SOCKLEAK_SCRIPTS_H
#define SOCKLEAK_SCRIPTS_H

#include "sockleak.h"

/*
 * Programs whose recipe, or lack of one, is known at once. A host has some hundred programs that
 * make sockets. They are kept in groups, by their inode; in a full group the newest replaces one.
 */
#define SCRIPT_GROUPS 128
#define SCRIPT_GROUP 4
/* Programs that made a socket and that no recipe is known of, until user space looks. */
#define SCRIPT_STRANGERS 64

/* How the thread's own structure is found. */
enum script_find {
	SCRIPT_NOTHING = 0, /* the program executes no scripts that are known */
	SCRIPT_BY_LIST,	    /* in lists of threads, by its thread pointer */
	SCRIPT_BY_MODULE,   /* a word of thread-local storage of a library */
	SCRIPT_BY_THREAD,   /* the same of the executable, at a fixed distance */
	SCRIPT_BY_KEY,	    /* pthread_getspecific() of the program's key */
	SCRIPT_BY_WORD,	    /* the program has one word, of its first thread */
	SCRIPT_IN_STACK,    /* nothing: its functions have native frames, which the stack has */
	SCRIPT_FINDS,
};

/* Bytes of a frame that are kept at most; steps from a thread to its frame. */
#define SCRIPT_RECORD 64
#define SCRIPT_PATH 3
/* Further pieces that a frame leads to; keys that each thread has room for (nptl's first block). */
#define SCRIPT_MORE 4
#define SCRIPT_KEYS 32

/* What stands at an address that is in what is kept of a frame. */
struct script_piece {
	__s32 at;  /* from that address */
	__u8 from; /* where the address is, in what is kept so far */
	__u8 to;   /* where the piece is put, be it over what is there */
	__u8 len;  /* a multiple of 8; 0 = there is no such piece */
	__u8 pad;
};

/*
 * All offsets are bytes. Addresses are counted from where the program's code begins
 * (mm->start_code), so that a recipe holds for each process of the program, from its first socket.
 */
struct script_recipe {
	/* The executable. The inode is written last, and 0 = there is no recipe here. */
	__u64 exe_inode;
	__u64 exe_size;	  /* inode numbers are given again, */
	__u64 exe_device; /* and anyone can make a file system of any: SCRIPT_DEVICE() */
	/*
	 * A library that has the interpreter: the distance from its load address to its dynamic
	 * section, by which the dynamic linker's list has it; 0 = the executable has it.
	 */
	__u64 library;
	__u64 debug; /* with a library: from the code's start to the word with r_debug's address */
	__u64 start; /* from the code's start, or the library's, to where the search begins */
	/* All bits, or none: is the second piece at an address that the first one has (else it is
	   the frame itself), and are frames linked (else one stands behind the other)? */
	__u64 far_mask, next_mask;
	/* BY_LIST: from there to the first list, its first thread and the next list; of a thread
	   the next one and its pthread_self(). BY_MODULE and BY_THREAD: see scripts.bpf.h. */
	__s32 lists, first_thread, next_list, next_thread, thread_id;
	__u32 storage_step; /* BY_MODULE, BY_KEY: bytes of an entry of the thread's table */
	/* BY_MODULE: of the word in its block; BY_THREAD: from the pointer; BY_KEY: of the key 0 */
	__s64 storage;
	/* From the thread's structure over others to its innermost frame: words to read. */
	__s32 path[SCRIPT_PATH];
	__u32 n_path;
	/* Contiguous frames end at the word `end_base` of the last one plus 8 * `end_words`. */
	__s32 end_base, end_words;
	__s32 stride; /* from such a frame to the next one */
	/*
	 * Not 0: the path leads to a segment of frames, which are kept from its last one down. Of
	 * a segment the next one, the word with the address of its first frame, and the number of
	 * its last one, 32 bits, of which -1 says that it is empty.
	 */
	__s32 next_segment, first_frame, last_frame;
	__s32 head; /* with segments: from the thread to what is kept first, as if it were a frame
		     */
	__u32 kind; /* SCRIPT_KIND(): what the frames are */
	/* What is kept of a frame: two pieces. */
	__s32 near_at, far_at;
	__u8 near_len, far_len; /* multiples of 8, and not 0 */
	__u8 far_from;		/* of that address, in what is kept */
	__u8 far_to;		/* where the second piece is put */
	__u8 next;		/* of the next frame's address, in what is kept */
	__u8 record;		/* bytes of it all, a multiple of 8 */
	__u8 find;		/* enum script_find */
	__u8 kind_at;	 /* of a byte, in what is kept, whose low 4 bits are the frame's kind */
	__u32 kinds;	 /* of segments: those that are kept, as bits */
	__u32 head_more; /* with segments: how many of the next ones the head has */
	/*
	 * Where the runtime calls C, which calls the runtime again, frames in between may have no
	 * frame pointers. A frame whose word at `leap_from`, in what is kept, is from 1 to
	 * `leap_max` has the address of the next one at `leap_at`, from the frame. 0: none does.
	 */
	__s32 leap_at;
	__u8 leap_from, leap_max;
	__u8 pad[2];
	struct script_piece more[SCRIPT_MORE];
};
_Static_assert(sizeof(struct script_recipe) ==
		       8 * 8 + 6 * 4 + 8 + 4 * 4 + 8 * 4 + 2 * 4 + 8 + 8 + 8 + SCRIPT_MORE * 8,
	       "struct script_recipe has holes");

struct script_group {
	struct script_recipe recipes[SCRIPT_GROUP];
};

/* A program that made a socket without a recipe, or whose recipe did not lead to frames. */
struct script_stranger {
	__u64 exe_inode; /* 0 = there is none here; written last */
	__u64 exe_size;
	__u32 tgid; /* one of its processes */
	__u32 exe_device;
};
_Static_assert(sizeof(struct script_stranger) == 24, "struct script_stranger has holes");

/* The device of a file system as the kernel has it (super_block.s_dev). */
#define SCRIPT_DEVICE(major, minor) ((__u32)(major) << 20 | (__u32)(minor))

/* Which group a program is in. */
#define SCRIPT_GROUP_OF(inode) ((__u64)(inode)*0x9e3779b97f4a7c15ULL >> 32 & (SCRIPT_GROUPS - 1))

#endif /* SOCKLEAK_SCRIPTS_H */
