/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * go_table: names of stripped programs of Go, built here; and tables of each layout, made by hand,
 * with all that the versions of Go differ in.
 */
#include "unwind_fixture.h"

#include "stacks/files/go_table.h"

#define TEXT 0x401000
#define TABLE 0x500000
#define TREES 0x4ff000

/* ---- Tables made by hand ---- */

/* A table as it grows. Everything is little-endian, and an address has 8 bytes. */
struct builder {
	unsigned char bytes[1024];
	size_t len;
};

static size_t add(struct builder *builder, __u64 value, size_t size)
{
	memcpy(builder->bytes + builder->len, &value, size);
	builder->len += size;
	return builder->len - size;
}

static size_t add_text(struct builder *builder, const char *text)
{
	size_t at = builder->len;

	memcpy(builder->bytes + at, text, strlen(text) + 1);
	builder->len += strlen(text) + 1;
	return at;
}

static void set(struct builder *builder, size_t at, __u64 value, size_t size)
{
	memcpy(builder->bytes + at, &value, size);
}

/* Values: { change, distance } of small numbers, then the end. Returns where they begin. */
static size_t add_values(struct builder *builder, const int (*pairs)[2], size_t count)
{
	size_t at = builder->len;

	for (size_t i = 0; i < count; i++) {
		int change = pairs[i][0];

		add(builder, (__u64)(change < 0 ? ~change << 1 | 1 : change << 1) & 0x7f, 1);
		add(builder, (__u64)pairs[i][1], 1);
	}
	add(builder, 0, 1);
	return at;
}

struct layout {
	__u32 magic;
	bool has_addresses; /* not offsets */
	bool has_start_line;
	bool has_short_trees;
};

static const struct layout layouts[] = {
	[GO_1_16] = { 0xfffffffa, true, false, false },
	[GO_1_18] = { 0xfffffff0, false, false, false },
	[GO_1_20] = { 0xfffffff1, false, true, true },
};

/* The members of a function behind its entry: 64 bytes of code, `inner` inlined in bytes 16-31. */
static void add_function(struct builder *builder, const struct layout *layout, size_t name,
			 size_t files, size_t lines, size_t places)
{
	const __u64 members[] = { name, 0, 0, 0, files, lines, 3, 0 };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		add(builder, members[i], 4);
	if (layout->has_start_line)
		add(builder, 1, 4);
	add(builder, 4U << 24, 4); /* 4 data, no flags */
	add(builder, 0, 4);
	add(builder, 0, 4);
	add(builder, places, 4);
	for (unsigned int i = 0; i < 4; i++) {
		if (layout->has_addresses && !i)
			while ((TABLE + builder->len) % 8)
				add(builder, 0, 1);
		add(builder, layout->has_addresses ? TREES : 0, layout->has_addresses ? 8 : 4);
	}
}

/*
 * main.outer at TEXT, 64 bytes, in outer.go: line 10, then (bytes 16 to 31) inner.go line 5, which
 * was inlined at line 11, then line 12. main.last, 16 bytes, has no lines.
 */
static void build_table(struct builder *builder, const struct layout *layout)
{
	static const int line_pairs[][2] = { { 11, 8 }, { 1, 8 }, { -6, 16 }, { 7, 32 } };
	static const int file_pairs[][2] = { { 1, 16 }, { 1, 16 }, { -1, 32 } };
	static const int place_pairs[][2] = { { 0, 16 }, { 1, 16 }, { -1, 32 } };
	size_t words, names, units, files, values, functions, outer, last, at, line_values,
		file_values, place_values, name_outer, name_last,
		entry = layout->has_addresses ? 8 : 4;

	*builder = (struct builder){ 0 };
	add(builder, layout->magic, 4);
	add(builder, 0x08010000, 4);
	words = builder->len;
	for (unsigned int i = 0; i < 8; i++)
		add(builder, 0, 8);
	names = add(builder, 0, 1);
	add_text(builder, "main.inner");
	name_outer = add_text(builder, "main.outer");
	name_last = add_text(builder, "main.last");
	files = builder->len;
	add_text(builder, "outer.go");
	add_text(builder, "inner.go");
	units = add(builder, 0, 4);
	add(builder, strlen("outer.go") + 1, 4);
	values = add(builder, 0, 1);
	line_values = add_values(builder, line_pairs, 4);
	file_values = add_values(builder, file_pairs, 3);
	place_values = add_values(builder, place_pairs, 3);
	while (builder->len % 8)
		add(builder, 0, 1);
	functions = builder->len;
	outer = builder->len;
	for (unsigned int i = 0; i < 5; i++)
		add(builder, 0, entry);
	while (builder->len % 8)
		add(builder, 0, 1);
	set(builder, outer, layout->has_addresses ? TEXT : 0, entry);
	set(builder, outer + entry, builder->len - functions, entry);
	add(builder, layout->has_addresses ? TEXT : 0, entry);
	add_function(builder, layout, name_outer - names, file_values - values,
		     line_values - values, place_values - values);
	while (builder->len % 8)
		add(builder, 0, 1);
	last = outer + 2 * entry;
	set(builder, last, (layout->has_addresses ? TEXT : 0) + 64, entry);
	set(builder, last + entry, builder->len - functions, entry);
	set(builder, last + 2 * entry, (layout->has_addresses ? TEXT : 0) + 80, entry);
	add(builder, (layout->has_addresses ? TEXT : 0) + 64, entry);
	add_function(builder, layout, name_last - names, 0, 0, 0);
	at = words;
	for (size_t i = 0; i < 8; i++) {
		const __u64 value[] = { 2, 2, TEXT, names, units, files, values, functions };

		if (i == 2 && layout->has_addresses)
			continue;
		set(builder, at, value[i], 8);
		at += 8;
	}
}

/* The inline tree: main.inner, whose place in main.outer is where byte 8 is. */
static void build_tree(struct builder *builder, const struct layout *layout)
{
	*builder = (struct builder){ 0 };
	if (layout->has_short_trees) {
		add(builder, 0, 4);
		add(builder, 1, 4); /* its name, behind the empty one */
		add(builder, 8, 4);
		add(builder, 1, 4);
		return;
	}
	add(builder, 0xffff, 4);
	add(builder, 1, 4);
	add(builder, 5, 4);
	add(builder, 1, 4);
	add(builder, 8, 4);
}

static void check_name(const struct code *code, unsigned int i, const char *function,
		       const char *file, unsigned int line)
{
	assert_true(i < code->count);
	assert_string_equal(code->names[i].function, function);
	assert_int_equal(code->names[i].line, line);
	if (file)
		assert_string_equal(code->names[i].file, file);
	else
		assert_null(code->names[i].file);
}

static void each_layout(void **state)
{
	(void)state;
	for (unsigned int i = GO_1_16; i <= GO_1_20; i++) {
		static struct builder bytes, tree;
		struct code code = { 0 };
		struct go_table table;

		build_table(&bytes, &layouts[i]);
		build_tree(&tree, &layouts[i]);
		assert_true(go_table_of_bytes(bytes.bytes, bytes.len, TABLE, &table));
		assert_int_equal(table.layout, i);
		assert_int_equal(table.count, 2);
		table.inlining = tree.bytes;
		table.inlining_len = tree.len;
		table.inlining_address = TREES;
		assert_true(go_table_at(&table, TEXT + 4, &code));
		assert_int_equal(code.count, 1);
		assert_true(code.start == TEXT);
		check_name(&code, 0, "main.outer", "outer.go", 10);
		code_clear(&code);
		assert_true(go_table_at(&table, TEXT + 20, &code));
		assert_int_equal(code.count, 2);
		check_name(&code, 0, "main.inner", "inner.go", 5);
		check_name(&code, 1, "main.outer", "outer.go", 11);
		code_clear(&code);
		assert_true(go_table_at(&table, TEXT + 63, &code));
		assert_int_equal(code.count, 1);
		check_name(&code, 0, "main.outer", "outer.go", 12);
		code_clear(&code);
		assert_true(go_table_at(&table, TEXT + 64, &code));
		check_name(&code, 0, "main.last", NULL, 0);
		code_clear(&code);
		assert_false(go_table_at(&table, TEXT - 1, &code));
		assert_false(go_table_at(&table, TEXT + 80, &code));
		assert_int_equal(code.count, 0);
	}
}

/* Wherever the table is cut, what is left is read within its bounds (ASan), or not at all. */
static void tables_that_are_cut(void **state)
{
	(void)state;
	for (unsigned int i = GO_1_16; i <= GO_1_20; i++) {
		static struct builder bytes;

		build_table(&bytes, &layouts[i]);
		for (size_t len = 0; len < bytes.len; len++) {
			unsigned char *piece = malloc(len + 1);
			struct code code = { 0 };
			struct go_table table;

			assert_non_null(piece);
			memcpy(piece, bytes.bytes, len);
			if (go_table_of_bytes(piece, len, TABLE, &table) &&
			    go_table_at(&table, TEXT + 20, &code))
				assert_int_equal(code.count, 1); /* the tree is not there */
			code_clear(&code);
			free(piece);
		}
	}
}

/* ---- Programs ---- */

static const char leaking[] = "package main\n"
			      "import (\n"
			      "	\"runtime\"\n"
			      "	\"syscall\"\n"
			      "	\"time\"\n"
			      ")\n"
			      "var kept []int\n"
			      "func init() { runtime.LockOSThread() }\n"
			      "func inner() int {\n"
			      "	fd, _ := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)\n"
			      "	return fd\n"
			      "}\n"
			      "func middle() int { return inner() + len(kept) }\n"
			      "//go:noinline\n"
			      "func outer() { kept = append(kept, middle()) }\n"
			      "func main() {\n"
			      "	outer()\n"
			      "	time.Sleep(time.Hour)\n"
			      "}\n";

static void build_go(const char *source, const char *options)
{
	if (system("command -v go >/dev/null")) {
		print_message("SKIPPED: no go\n");
		skip();
	}
	write_file("leaking.go", source);
	run("GOCACHE=${GOCACHE:-%s/cache} HOME=%s GOFLAGS= GO111MODULE=off "
	    "go build %s -o leaking leaking.go",
	    directory, directory, options);
}

static void stripped_programs(void **state)
{
	static const char *const options[] = { "", "-ldflags '-s -w'", "-ldflags=-w",
					       "-buildmode=pie -ldflags '-s -w'" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct stack *stack;
		unsigned int n;

		build_go(leaking, options[i]);
		stack = stack_of("leaking", "plain");
		for (n = 0; n < stack->count; n++)
			if (stack->frames[n].function &&
			    !strcmp(stack->frames[n].function, "main.inner"))
				break;
		expect(stack, n, "main.inner", 10, false);
		assert_non_null(strstr(stack->frames[n].file, "leaking.go"));
		assert_true(stack->frames[n].has_debug);
		expect(stack, n + 1, "main.middle", 13, true);
		expect(stack, n + 2, "main.outer", 15, false);
		expect(stack, n + 3, "main.main", 17, false);
		assert_string_equal(stack->frames[n + 4].function, "runtime.main");
		if (stack->truncated)
			print(stack);
		assert_int_equal(stack->end, STACK_END_OUTERMOST);
		stack_unref(stack);
	}
}

/* C runs on another stack than the goroutine that called it, of which nothing was copied. */
static const char calling_c[] =
	"package main\n"
	"/*\n"
	"#include <sys/socket.h>\n"
	"static __attribute__((noinline)) int c_leak(void)\n"
	"{\n"
	"	int fd = socket(AF_INET, SOCK_STREAM, 0);\n"
	"	__asm__ volatile(\"\");\n"
	"	return fd + 0;\n"
	"}\n"
	"*/\n"
	"import \"C\"\n"
	"import \"runtime\"\n"
	"func init() { runtime.LockOSThread() }\n"
	"//go:noinline\n"
	"func leak(depth int) int { if depth > 0 { return leak(depth - 1) + 1 }\n"
	"	return int(C.c_leak()) }\n"
	"func main() { leak(3); leak(5); select {} }\n";

static void calls_of_c(void **state)
{
	static const char *const strips[] = { "true", "strip leaking" };
	__u64 sites[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stack *stack;
		const struct frame *last;

		build_go(calling_c, "-ldflags=-B=0x1234");
		run("%s", strips[i]);
		stack = stack_of("leaking", "plain");
		last = &stack->frames[stack->count - 1];
		if (!last->function || strncmp(last->function, "runtime.asmcgocall", 18))
			print(stack);
		assert_true(last->function && !strncmp(last->function, "runtime.asmcgocall", 18));
		assert_int_equal(stack->end, STACK_END_SWITCHED);
		assert_true(stack->truncated);
		if (!i)
			assert_string_equal(stack->frames[1].function, "c_leak");
		sites[i] = stack->site;
		stack_unref(stack);
	}
	assert_true(sites[0] && sites[1] &&
		    sites[0] != sites[1]); /* without symbols C has no names */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_layout),
		cmocka_unit_test(tables_that_are_cut),
		cmocka_unit_test(stripped_programs),
		cmocka_unit_test(calls_of_c),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
