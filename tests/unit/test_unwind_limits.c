/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: the vdso, and snapshots that are empty, hostile or of a process that is gone. */
#include "unwind_fixture.h"

static void empty_snapshots(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = NULL;
	__u32 len;

	(void)state;
	assert_non_null(snapshot);
	len = snapshot->len;
	snapshot->len = 0;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENOENT);
	snapshot->len = 7;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENOENT);
	snapshot->n_regs = 0;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -EINVAL);
	snapshot->n_regs = 17;
	snapshot->len = len;
	snapshot->regs[16] = 0x1234;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENXIO);
	assert_null(stack);
	stop_process(pid);
	free(snapshot);
}

/* Step a process until it is in its vdso, and a bit further. */
static void step_into_vdso(pid_t pid, const struct mapping *vdso)
{
	struct user_regs_struct regs;
	unsigned int i, within = 0;

	for (i = 0; i < 100000 && within < 12; i++) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		within += regs.rip >= vdso->start && regs.rip < vdso->end;
	}
	assert_int_equal(within, 12);
}

static struct mapping vdso_of(pid_t pid)
{
	struct mapping vdso = { 0 };
	unsigned long long start, end;
	char path[64], line[512];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]") && sscanf(line, "%llx-%llx", &start, &end) == 2) {
			vdso.start = start;
			vdso.end = end;
		}
	fclose(maps);
	return vdso;
}

static void through_the_vdso(void **state)
{
	pid_t pid = start("program", "vdso", AF_UNIX);
	struct mapping vdso = vdso_of(pid);
	struct snapshot *snapshot;
	struct stack *stack;
	unsigned int i;

	(void)state;
	assert_true(vdso.end > vdso.start);
	step_into_vdso(pid, &vdso);
	snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	stack = unwind(pid, snapshot);
	assert_string_equal(stack->frames[0].module, "[vdso]");
	assert_non_null(stack->frames[0].function);
	for (i = 1; i < stack->count; i++)
		if (stack->frames[i].function && !strcmp(stack->frames[i].function, "ticks"))
			break;
	if (i > 3) {
		print(stack);
		fail_msg("ticks() is not found");
	}
	expect_outermost(stack);
	stack_unref(stack);
	free(snapshot);
	stop_process(pid);
}

/* What was known of a process that is gone is used; of one never seen nothing is known. */
static void gone_process(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = NULL;
	__u64 pc = 1;

	(void)state;
	assert_non_null(snapshot);
	/* its mappings are read, none of its files is looked into */
	assert_int_equal(symbols__resolve(symbols, pid, &pc, 1, 0, STACK_FP, &stack), 0);
	stack_unref(stack);
	stop_process(pid);
	stack = unwind(pid, snapshot);
	expect(stack, 1, "innermost", 9, true);
	expect(stack, 3, "make", 18, false);
	expect_outermost(stack);
	stack_unref(stack);

	symbols__free(symbols);
	symbols = symbols__new();
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ESRCH);
	free(snapshot);
}

/* Whatever the memory holds, it ends, and nothing is read outside it (ASan). */
static void hostile_snapshots(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *good = snapshot_of(pid, SNAPSHOT_OF_STACK), *bad;
	size_t size;
	unsigned int i, j;

	(void)state;
	assert_non_null(good);
	size = sizeof(*good) + good->len;
	srand(7);
	alarm(60);
	for (i = 0; i < 300; i++) {
		struct stack *stack = NULL;

		bad = malloc(size); /* exactly as large as it says */
		assert_non_null(bad);
		memcpy(bad, good, size);
		for (j = 0; j < 1U << (i % 8); j++)
			bad->stack[(unsigned int)rand() % 512 % bad->len] = (__u8)rand();
		if (i % 3 == 0)
			bad->regs[7] = (__u64)rand() << 33 | (__u64)rand();
		if (i % 4 == 0) /* pieces that lie in each other, or beyond what is there */
			for (j = 0; j < SNAPSHOT_PARTS; j++)
				bad->pieces[j] = (struct snapshot_piece){
					good->regs[7] + (unsigned int)rand() % 64 * 8 - 256,
					(__u32)rand() >> (rand() % 31), 0
				};
		if (i % 5 == 0) /* the stack says again and again that it was called from here */
			for (j = 0; j + 8 <= bad->len; j += 8)
				memcpy(bad->stack + j, &good->regs[16], 8);
		symbols__unwind(symbols, pid, bad, &stack);
		stack_unref(stack);
		free(bad);
	}
	alarm(0);
	free(good);
	stop_process(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_snapshots),
		cmocka_unit_test(through_the_vdso),
		cmocka_unit_test(gone_process),
		cmocka_unit_test(hostile_snapshots),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
