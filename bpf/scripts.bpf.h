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
#include "script_library.bpf.h"
#include "script_windows.bpf.h"
#include "scripts.h"

/* Steps through lists of threads. */
#define SCRIPT_THREADS 128
#define SCRIPT_RUN 8 /* at once, for a turn of a loop costs as much as a frame */
#define SCRIPT_FAR_WORDS 3

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

struct thread_walk {
	__u64 list, thread, pointer;
	__s32 next_list, first_thread, next_thread, thread_id;
	__s32 path[SCRIPT_PATH];
	__u32 steps, is_found;
};

/* A thread has a structure in each of several interpreters, of which one executes frames. */
static __always_inline bool thread_is_it(const struct thread_walk *walk)
{
	__u64 holder;

	return user_word(walk->thread + walk->thread_id) == walk->pointer &&
	       script_first_frame(walk->path, walk->steps, walk->thread, &holder);
}

static long thread_turn(struct bpf_map *map, const __u32 *turn, void *value,
			struct thread_walk *walk)
{
	if (*turn >= SCRIPT_THREADS || !walk->list)
		return 1;
	if (!walk->thread) {
		walk->list = user_word(walk->list + walk->next_list);
		walk->thread = walk->list ? user_word(walk->list + walk->first_thread) : 0;
	} else if (thread_is_it(walk)) {
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
		.steps = recipe->n_path,
	};

	__builtin_memcpy(walk.path, recipe->path, sizeof(walk.path));
	walk.list = user_word(start + recipe->lists);
	walk.thread = walk.list ? user_word(walk.list + walk.first_thread) : 0;
	bpf_for_each_map_elem(&walk_turns, thread_turn, &walk, 0);
	return walk.is_found ? walk.thread : 0;
}

/* The word at stack[at]. */
static __always_inline __u64 script_word(struct snapshot *snapshot, __u64 at)
{
	barrier_var(at);
	if (at > SNAPSHOT_ROOM(settings.stack_size) - sizeof(__u64))
		return 0;
	return *(__u64 *)(snapshot->stack + at);
}

/* Where the next frame is to stand in a slot. */
static __always_inline __u64 script_end(const struct snapshot *snapshot)
{
	return (__u64)snapshot->script_at + snapshot->script_len;
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
 * The structure of the current thread; 0: it has none. A library's thread-local storage is in the
 * block of its module, whose number the library has at `start`, in a table that the thread's
 * control block has as its second word ("ELF Handling For Thread-Local Storage", 3.4.2 and 3.4.6).
 */
static __always_inline __u64 script_thread_from(const struct script_recipe *recipe, __u64 start)
{
	struct task_struct *self = bpf_get_current_task_btf();
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

/*
 * The same by a recipe. A global function, so that the verifier goes through it once; and before
 * Linux 6.13 its stack is not beside that of the walk over the frames.
 */
__noinline __u64 script_thread(__u32 place)
{
	struct script_recipe *recipe = script_recipe_at(place);
	__u64 start = recipe ? script_start(recipe, self_code()) : 0;

	/* an executable that is always at its addresses may count from 0 */
	return recipe && (start || recipe->find == SCRIPT_BY_THREAD) ?
		       script_thread_from(recipe, start) :
		       0;
}

struct frame_walk {
	__u64 frame;   /* the next one; 0 = there is none */
	__u64 outer;   /* frames end there: below it, or in a segment above it or at it */
	__u64 segment; /* in which it goes on; 0 = in none */
	__u32 slot, place;
	__u32 limit;	/* of the places in the slot where it may stand */
	__u16 kinds;	/* of the frames that are kept; 0 = all of them */
	__u8 near, far; /* windows of the two pieces */
	__u32 faulted;	/* a frame could not be read */
};

/* Go on with the last frame of a segment. */
static __always_inline void script_enter_segment(const struct script_recipe *recipe,
						 struct frame_walk *walk)
{
	__u64 segment = walk->segment;
	__s32 last = user_word(segment + recipe->last_frame);

	walk->outer = user_word(segment + recipe->first_frame);
	walk->frame = last >= 0 ? walk->outer - (__s64)last * recipe->stride : 0;
	walk->segment = user_word(segment + recipe->next_segment);
	walk->kinds = recipe->kinds;
}

/* Keep what a frame leads to further away. A piece that cannot be read is 0 then. */
static __always_inline void script_keep_more(struct snapshot *snapshot,
					     const struct script_recipe *recipe, __u32 slot,
					     __u64 at, __u32 count)
{
	const struct script_piece *piece = recipe->more;

	for (int i = 0; i < SCRIPT_MORE && i < (int)count && piece->len; i++, piece++)
		script_peek(snapshot, slot, SCRIPT_WINDOW_FAR, SCRIPT_WINDOW_FAR, at + piece->to,
			    piece->len, script_word(snapshot, at + piece->from) + piece->at);
}

/* Where the second piece of a frame is whose first one is kept at stack[at]. */
static __always_inline __u64 script_from(struct snapshot *snapshot,
					 const struct script_recipe *recipe, __u64 at, __u64 frame)
{
	return (script_word(snapshot, at + recipe->far_from) & recipe->far_mask) +
	       (frame & ~recipe->far_mask) + recipe->far_at;
}

/* The frame outside of one that is kept at stack[at]; 0 = there is none. */
static __always_inline __u64 script_next(struct snapshot *snapshot,
					 const struct script_recipe *recipe,
					 const struct frame_walk *walk, __u64 at, __u64 frame)
{
	__u64 next = (script_word(snapshot, at + recipe->next) & recipe->next_mask) |
		     ((frame + recipe->stride) & ~recipe->next_mask);

	return (recipe->next_segment ? next >= walk->outer : next < walk->outer) ? next : 0;
}

/* Is the next frame another one, beyond frames of C? See leap_at. */
static __always_inline void script_leap(struct snapshot *snapshot,
					const struct script_recipe *recipe, struct frame_walk *walk,
					__u64 at, __u64 frame)
{
	if (recipe->leap_max &&
	    script_word(snapshot, at + recipe->leap_from) - 1 < recipe->leap_max)
		walk->frame = user_word(frame + recipe->leap_at);
}

/*
 * Keep one frame behind those that are there, if it is of a kind that is wanted; or go into the
 * next segment. Returns 1 if there is none, or it cannot be read. Where the frames end is kept in
 * the slot: of a number on the stack the verifier would go through each value. A global function,
 * so that it goes through it once.
 */
__noinline int script_keep(struct frame_walk *walk)
{
	struct snapshot *snapshot;
	struct script_recipe *recipe;
	__u64 at, frame, from;
	__u32 slot;

	if (!walk)
		return 1; /* not possible */
	slot = walk->slot;
	frame = walk->frame;
	snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	recipe = script_recipe_at(walk->place);
	if (!snapshot || !recipe || !(frame || walk->segment))
		return 1;
	if (!frame) {
		script_enter_segment(recipe, walk);
		return 0;
	}
	at = script_end(snapshot);
	if (!script_peek(snapshot, slot, SCRIPT_WINDOW_FRAMES, walk->near, at, recipe->near_len,
			 frame + recipe->near_at)) {
		walk->faulted = 1;
		return 1;
	}
	walk->frame = script_next(snapshot, recipe, walk, at, frame);
	script_leap(snapshot, recipe, walk, at, frame);
	from = script_from(snapshot, recipe, at, frame);
	script_peek(snapshot, slot, walk->far & SCRIPT_WINDOW_FAR, walk->far, at + recipe->far_to,
		    recipe->far_len, from);
	if (walk->kinds && !(walk->kinds >> (script_word(snapshot, at + recipe->kind_at) & 15) & 1))
		return 0;
	script_keep_more(snapshot, recipe, slot, at,
			 recipe->next_segment && !walk->kinds ? recipe->head_more : SCRIPT_MORE);
	snapshot->script_len += recipe->record;
	return 0;
}

/*
 * Keep frames that have two pieces, as long as these are in windows. They are copied with what
 * follows them, which the next frame overwrites: with a branch for each length the verifier would
 * take longer.
 */
static __always_inline void script_keep_run(struct snapshot *snapshot,
					    const struct script_recipe *recipe,
					    struct frame_walk *walk)
{
	struct script_window *near = script_window_at(snapshot, SCRIPT_WINDOW_FRAMES);
	struct script_window *far = script_window_at(snapshot, walk->far & SCRIPT_WINDOW_FAR);
	__u64 at, offset, frame = walk->frame, next;

	for (int i = 0; i < SCRIPT_RUN && frame; i++) {
		at = script_end(snapshot);
		offset = frame + recipe->near_at - near->address;
		if (at >= walk->limit || !script_has_windows(at) ||
		    !script_is_in_window(near, offset, recipe->near_len))
			break;
		script_take_words(snapshot, near, at, SCRIPT_RECORD / 8, offset);
		next = script_next(snapshot, recipe, walk, at, frame);
		offset = script_from(snapshot, recipe, at, frame) - far->address;
		if (!script_is_in_window(far, offset, recipe->far_len))
			break;
		script_take_words(snapshot, far, at + recipe->far_to, SCRIPT_FAR_WORDS, offset);
		snapshot->script_len += recipe->record;
		frame = next;
	}
	walk->frame = frame;
}

/* Go one frame on, or some. Returns 1 if there is none, or no room for it. */
static long frame_turn(struct bpf_map *map, const __u32 *turn, void *value, struct frame_walk *walk)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &walk->slot);
	struct script_recipe *recipe = script_recipe_at(walk->place);

	if (!snapshot || !recipe)
		return 1; /* not possible */
	if (!recipe->more[0].len && recipe->far_len <= 8 * SCRIPT_FAR_WORDS)
		script_keep_run(snapshot, recipe, walk);
	return script_end(snapshot) >= walk->limit || script_keep(walk);
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
	struct frame_walk walk = { .frame = frame, .outer = end, .slot = slot, .place = place };

	if (!snapshot || !recipe)
		return 0; /* not possible */
	walk.limit = snapshot->script_at + settings.script_depth * recipe->record;
	if (walk.limit > SNAPSHOT_ROOM(settings.stack_size) - 2 * SCRIPT_RECORD)
		walk.limit = SNAPSHOT_ROOM(settings.stack_size) - 2 * SCRIPT_RECORD;
	if (script_has_windows(snapshot->script_at))
		script_empty_windows(snapshot);
	/* linked frames further out are at lower addresses, if they have no stride */
	walk.near = (recipe->next_mask && !recipe->stride) || recipe->stride < 0 ?
			    SCRIPT_WINDOW_DOWN :
			    0;
	walk.far = recipe->far_mask ? SCRIPT_WINDOW_FAR | SCRIPT_WINDOW_DOWN : walk.near;
	if (recipe->next_segment) {
		walk.segment = frame;
		walk.frame = thread + recipe->head;
		walk.outer = ~0ULL; /* behind the head there is nothing */
	}
	bpf_for_each_map_elem(&walk_turns, frame_turn, &walk, 0);
	if (walk.frame || walk.segment) {
		count(walk.faulted ? COUNTER_SCRIPT_FAULT : COUNTER_SCRIPT_CUT);
		snapshot->script_cut = walk.faulted ? SCRIPT_CUT_FAULT : SCRIPT_CUT_ROOM;
	}
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
 * Where the recipe of the current thread's program is, if it executes scripts; else
 * SCRIPT_NOWHERE. `slot` gets the kind of its frames. A global function, as snapshot_fill().
 */
__noinline __u32 script_find(__u32 slot)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct task_struct *self = bpf_get_current_task_btf();
	struct script_recipe *recipe;
	struct executable program;
	__u32 place;

	if (!snapshot)
		return SCRIPT_NOWHERE; /* not possible */
	task_program(self, &program);
	place = script_place_of(&program);
	recipe = script_recipe_at(place);
	if (place == SCRIPT_NOWHERE && program.inode)
		script_note_stranger(self, &program);
	if (place == SCRIPT_NOWHERE || !recipe || !recipe->find)
		return SCRIPT_NOWHERE;
	if (recipe->find != SCRIPT_IN_STACK)
		return place;
	snapshot->script_record = 0;
	snapshot->script_kind = recipe->kind;
	return SCRIPT_NOWHERE;
}

/*
 * Put the frames of the current thread's scripts behind the stack in a slot. A global function, as
 * snapshot_fill().
 */
__noinline int script_fill(__u32 slot, __u32 place)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct script_recipe *recipe = script_recipe_at(place);
	__u64 thread = script_thread(place), frame, holder = 0, end = ~0ULL;

	if (!snapshot || !recipe)
		return 0; /* not possible */
	if (!thread) {
		count(COUNTER_SCRIPT_NO_THREAD);
		return 0;
	}
	frame = script_first_frame(recipe->path, recipe->n_path, thread, &holder);
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
