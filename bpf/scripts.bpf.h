/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scripts: takes the frames of a thread's scripts along in its snapshot, where user space has left
 * a recipe for the program (include/scripts.h). Only user space knows what the frames mean. All
 * addresses come from the process's own memory: a process that forges them gets pieces of its own
 * memory into its own snapshot. Every walk has a limit.
 */
#ifndef SCRIPTS_BPF_H
#define SCRIPTS_BPF_H

#include "arch.bpf.h"
#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "script_windows.bpf.h"
#include "scripts.h"

/* Libraries of a process, and steps through lists of threads. Frames: WALK_TURNS. */
#define SCRIPT_LIBRARIES 64
#define SCRIPT_THREADS 128

/*
 * Key: SCRIPT_GROUP_OF() a program. Value: recipes. User space has it mapped and writes there, for
 * bpf(2) would keep hooks from running. In a full group it replaces one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SCRIPT_GROUPS);
	__type(key, __u32);
	__type(value, struct script_group);
} script_recipes SEC(".maps");

/*
 * Key: a part of the inode. Value: a program that is to be looked at. User space has it mapped and
 * empties it after each sweep. The later of two with one key stays; the other comes again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SCRIPT_STRANGERS);
	__type(key, __u32);
	__type(value, struct script_stranger);
} script_strangers SEC(".maps");

/* A word of the process's memory, 0 = it cannot be read. */
static __always_inline __u64 user_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)address);
	return word;
}

/* The dynamic linker's list of what is loaded, as glibc and musl have it (link.h). */
struct user_link_map {
	__u64 address, name, dynamic, next;
};

struct library_walk {
	__u64 at, wanted;
	__u64 address; /* where the library is, when it was found */
	__u32 is_found;
};

static long library_turn(struct bpf_map *map, const __u32 *turn, void *value,
			 struct library_walk *walk)
{
	struct user_link_map library = {};

	if (*turn >= SCRIPT_LIBRARIES || !walk->at ||
	    bpf_probe_read_user(&library, sizeof(library), (void *)walk->at))
		return 1;
	walk->address = library.address;
	walk->at = library.next;
	walk->is_found = library.dynamic - library.address == walk->wanted;
	return walk->is_found;
}

/* Where the search for the thread begins; 0: the library is not loaded. */
static __always_inline __u64 script_start(const struct script_recipe *recipe, __u64 code)
{
	struct library_walk walk = { .wanted = recipe->library };

	if (!recipe->library)
		return code + recipe->start;
	walk.at = user_word(user_word(code + recipe->debug) + 8); /* r_debug.r_map */
	bpf_for_each_map_elem(&walk_turns, library_turn, &walk, 0);
	return walk.is_found ? walk.address + recipe->start : 0;
}

struct thread_walk {
	__u64 list, thread, pointer;
	__s32 next_list, first_thread, next_thread, thread_id;
	__u32 is_found;
};

static long thread_turn(struct bpf_map *map, const __u32 *turn, void *value,
			struct thread_walk *walk)
{
	if (*turn >= SCRIPT_THREADS || !walk->list)
		return 1;
	if (!walk->thread) {
		walk->list = user_word(walk->list + walk->next_list);
		walk->thread = walk->list ? user_word(walk->list + walk->first_thread) : 0;
	} else if (user_word(walk->thread + walk->thread_id) == walk->pointer) {
		walk->is_found = 1;
	} else {
		walk->thread = user_word(walk->thread + walk->next_thread);
	}
	return walk->is_found;
}

/* The current thread in lists of threads, which are in a list. */
static __always_inline __u64 script_listed(const struct script_recipe *recipe, __u64 start,
					   __u64 pointer)
{
	struct thread_walk walk = {
		.pointer = pointer,
		.next_list = recipe->next_list,
		.first_thread = recipe->first_thread,
		.next_thread = recipe->next_thread,
		.thread_id = recipe->thread_id,
	};

	walk.list = user_word(start + recipe->lists);
	walk.thread = walk.list ? user_word(walk.list + walk.first_thread) : 0;
	bpf_for_each_map_elem(&walk_turns, thread_turn, &walk, 0);
	return walk.is_found ? walk.thread : 0;
}

/*
 * The structure of the current thread; 0: it has none. A library's thread-local storage is in the
 * block of its module, whose number the library has at `start`, in a table that the thread's
 * control block has as its second word ("ELF Handling For Thread-Local Storage", 3.4.2 and 3.4.6).
 */
static __always_inline __u64 script_thread(const struct script_recipe *recipe, __u64 start,
					   struct task_struct *self)
{
	__u64 pointer = thread_pointer(self), module;
	__u32 key;

	switch (recipe->find) {
	case SCRIPT_BY_LIST:
		return script_listed(recipe, start, pointer);
	case SCRIPT_BY_MODULE:
		module = user_word(start);
		return user_word(user_word(user_word(pointer + 8) + module * recipe->storage_step) +
				 recipe->storage);
	case SCRIPT_BY_THREAD:
		return user_word(pointer + recipe->storage);
	case SCRIPT_BY_KEY:
		key = user_word(start);
		return key < SCRIPT_KEYS ?
			       user_word(pointer + recipe->storage + key * recipe->storage_step) :
			       0;
	case SCRIPT_BY_WORD: /* another thread, such as a resolver of names, executes no script */
		return self->pid == self->tgid ? user_word(start) : 0;
	}
	return 0;
}

/* Also what has the address of the frame: a structure that the last step leads from. */
static __always_inline __u64 script_first_frame(const struct script_recipe *recipe, __u64 thread,
						__u64 *ret_holder)
{
	for (__u32 i = 0; i < SCRIPT_PATH && thread; i++) {
		if (i >= recipe->n_path)
			break;
		*ret_holder = thread;
		thread = user_word(thread + recipe->path[i]);
	}
	return thread;
}

/* The word at stack[at]. */
static __always_inline __u64 script_word(struct snapshot *snapshot, __u64 at)
{
	barrier_var(at);
	if (at > SNAPSHOT_ROOM(settings.stack_size) - sizeof(__u64))
		return 0;
	return *(__u64 *)(snapshot->stack + at);
}

/* Where a recipe is in the map: its group and which one there. NULL = nowhere. */
static __always_inline struct script_recipe *script_recipe_at(__u32 place)
{
	__u32 number = place / SCRIPT_GROUP;
	struct script_group *group = bpf_map_lookup_elem(&script_recipes, &number);

	return group ? &group->recipes[place % SCRIPT_GROUP] : NULL;
}

#define SCRIPT_UNREADABLE 1 /* in place of a frame's address */

/*
 * Keep one frame at stack[at]. Returns the address of the next one. A global function, so that the
 * verifier goes through it once, and not for each of the frames.
 */
__noinline __u64 script_keep(__u32 slot, __u32 place, __u64 at, __u64 frame)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct script_recipe *recipe = script_recipe_at(place);
	struct script_window *near, *far;
	__u64 from, next;

	if (!snapshot || !recipe)
		return SCRIPT_UNREADABLE;
	near = script_window_at(snapshot, SCRIPT_NEAR_WINDOW);
	from = frame + recipe->near_at;
	if (!script_peek(snapshot, near, at, recipe->near_len, from,
			 recipe->next_mask || recipe->stride < 0 ? script_below(from) :
								   script_above(from)))
		return SCRIPT_UNREADABLE;
	from = script_word(snapshot, at + recipe->far_from);
	from = (from & recipe->far_mask) | (frame & ~recipe->far_mask);
	next = script_word(snapshot, at + recipe->next);
	next = (next & recipe->next_mask) | ((frame + recipe->stride) & ~recipe->next_mask);
	/* A piece that cannot be read is 0 then. */
	far = recipe->far_mask ? script_window_at(snapshot, SCRIPT_FAR_WINDOW) : near;
	from += recipe->far_at;
	script_peek(snapshot, far, at + recipe->far_to, recipe->far_len, from, script_below(from));
	for (int i = 0; i < SCRIPT_MORE; i++) {
		if (!recipe->more[i].len)
			break;
		from = script_word(snapshot, at + recipe->more[i].from);
		script_read(snapshot, at + recipe->more[i].to, recipe->more[i].len,
			    from + recipe->more[i].at);
	}
	return next;
}

struct frame_walk {
	__u64 at, frame, next;
	__u64 begin, end; /* frames are from there to there */
	__u64 segment;	  /* in which it goes on; 0 = in none */
	__u32 slot, place, record;
	__u32 kinds; /* of the frames that are kept; 0 = all of them */
	__u32 pad;
	__u64 limit; /* of `at` */
};

/* Go on with the last frame of a segment. */
static __always_inline void script_enter_segment(struct frame_walk *walk)
{
	struct script_recipe *recipe = script_recipe_at(walk->place);
	__u64 segment = walk->segment;
	__s32 last;

	walk->segment = 0;
	if (!recipe)
		return; /* not possible */
	last = user_word(segment + recipe->last_frame);
	walk->begin = user_word(segment + recipe->first_frame);
	walk->frame = last >= 0 ? walk->begin - (__s64)last * recipe->stride : 0;
	walk->segment = user_word(segment + recipe->next_segment);
	walk->kinds = recipe->kinds;
}

/* Is the frame that was kept last of a kind that is wanted? */
static __always_inline bool script_is_wanted(struct frame_walk *walk)
{
	struct script_recipe *recipe = script_recipe_at(walk->place);
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &walk->slot);

	if (!recipe || !snapshot)
		return true; /* not possible */
	return walk->kinds >> (script_word(snapshot, walk->at + recipe->kind_at) & 15) & 1;
}

/* Keep the next frame. False: there is none, or no room for it. */
static __always_inline bool script_keep_next(struct frame_walk *walk)
{
	if (walk->at >= walk->limit ||
	    walk->at > SNAPSHOT_ROOM(settings.stack_size) - 2 * SCRIPT_RECORD)
		return false;
	if (!walk->frame) {
		if (!walk->segment)
			return false;
		script_enter_segment(walk);
		return true;
	}
	walk->next = script_keep(walk->slot, walk->place, walk->at, walk->frame);
	if (walk->next == SCRIPT_UNREADABLE)
		return false;
	walk->frame = walk->next >= walk->begin && walk->next < walk->end ? walk->next : 0;
	if (!walk->kinds || script_is_wanted(walk))
		walk->at += walk->record;
	return true;
}

/* Several at once, for a turn costs as much as a frame. */
#define SCRIPT_A_TURN 2

static long frame_turn(struct bpf_map *map, const __u32 *turn, void *value, struct frame_walk *walk)
{
	for (int i = 0; i < SCRIPT_A_TURN; i++)
		if (!script_keep_next(walk))
			return 1;
	return 0;
}

/*
 * Keep the frames from `frame` outwards, below `end`; with segments `frame` is the first of these.
 * The room for a frame is more than one takes, so that a piece that is put in its middle has room,
 * too. A global function, so that the verifier goes through it once, and not for each of the ways
 * to find the thread.
 */
__noinline int script_keep_all(__u32 slot, __u32 place, __u64 thread, __u64 frame, __u64 end)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct script_recipe *recipe = script_recipe_at(place);
	struct frame_walk walk = {
		.frame = frame,
		.next = frame,
		.end = end,
		.slot = slot,
		.place = place,
	};

	if (!snapshot || !recipe)
		return 0; /* not possible */
	walk.at = snapshot->script_at;
	script_close_window(script_window_at(snapshot, SCRIPT_NEAR_WINDOW));
	script_close_window(script_window_at(snapshot, SCRIPT_FAR_WINDOW));
	walk.record = recipe->record;
	walk.limit = walk.at + WALK_TURNS * recipe->record;
	if (recipe->next_segment) {
		walk.segment = frame;
		walk.frame = walk.next = thread + recipe->head;
		walk.begin = ~0ULL; /* behind the head there is nothing */
	}
	bpf_for_each_map_elem(&walk_turns, frame_turn, &walk, 0);
	if (walk.frame || walk.segment) {
		bool faulted = walk.next == SCRIPT_UNREADABLE;

		count(faulted ? COUNTER_SCRIPT_FAULT : COUNTER_SCRIPT_CUT);
		snapshot->script_cut = faulted ? SCRIPT_CUT_FAULT : SCRIPT_CUT_ROOM;
	}
	snapshot->script_len = walk.at - snapshot->script_at;
	return 0;
}

#define SCRIPT_NOWHERE (~0U)

/* Where the recipe of a program is; SCRIPT_NOWHERE = there is none. */
static __always_inline __u32 script_place_of(const struct executable *program)
{
	__u32 number = SCRIPT_GROUP_OF(program->inode), place = SCRIPT_NOWHERE;
	struct script_group *group = bpf_map_lookup_elem(&script_recipes, &number);

	for (int i = 0; i < SCRIPT_GROUP && group; i++)
		if (group->recipes[i].exe_inode == program->inode &&
		    group->recipes[i].exe_size == program->size &&
		    group->recipes[i].exe_device == program->device)
			place = number * SCRIPT_GROUP + i;
	return place;
}

/* Have user space look at the program. */
static __always_inline void script_note_stranger(struct task_struct *self,
						 const struct executable *program)
{
	__u32 number = program->inode & (SCRIPT_STRANGERS - 1);
	struct script_stranger *stranger = bpf_map_lookup_elem(&script_strangers, &number);

	if (!stranger)
		return; /* not possible */
	stranger->exe_size = program->size;
	stranger->exe_device = program->device;
	stranger->tgid = self->tgid;
	WRITE_IN_ORDER(stranger->exe_inode, program->inode);
}

/*
 * Put the frames of the current thread's scripts behind the stack in a slot. A global function, as
 * snapshot_fill().
 */
__noinline int script_fill(__u32 slot)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct task_struct *self = bpf_get_current_task_btf();
	struct script_recipe *recipe;
	struct executable program;
	__u64 start, thread, frame, holder = 0, end = ~0ULL;
	__u32 place;

	if (!snapshot)
		return 0;
	task_program(self, &program);
	place = script_place_of(&program);
	recipe = script_recipe_at(place);
	if (place == SCRIPT_NOWHERE) {
		if (program.inode)
			script_note_stranger(self, &program);
		return 0;
	}
	if (!recipe || !recipe->find)
		return 0;
	if (recipe->find == SCRIPT_IN_STACK) {
		snapshot->script_record = 0;
		snapshot->script_kind = recipe->kind;
		return 0;
	}
	start = script_start(recipe, program.code);
	thread = start ? script_thread(recipe, start, self) : 0;
	if (!thread) {
		count(COUNTER_SCRIPT_NO_THREAD);
		return 0;
	}
	frame = script_first_frame(recipe, thread, &holder);
	if (!recipe->next_mask && !recipe->next_segment)
		end = user_word(holder + recipe->end_base) +
		      8 * user_word(holder + recipe->end_words);
	snapshot->script_at = (snapshot->len + 7) & ~7;
	script_keep_all(slot, place, thread, frame, end);
	snapshot->script_record = recipe->record;
	snapshot->script_kind = recipe->kind;
	snapshot->len = snapshot->script_at + snapshot->script_len;
	count(COUNTER_SCRIPTS);
	return 0;
}

#endif /* SCRIPTS_BPF_H */
