/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for libFuzzer: gives a target the files that are named, or all in a
 * directory, each once, and prints TAP. So the corpus is a test that needs no
 * clang, and a file that libFuzzer has kept can be looked at in a debugger.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static unsigned int number;

static void give(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!file || fstat(fileno(file), &st)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1); /* of its own size, for ASan */
	check(data && fread(data, 1, size, file) == size);
	fclose(file);
	fprintf(stderr, "# %s\n", path); /* the last one of these names the culprit */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	number++;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void give_all(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_visible, alphasort), i;
	char path[4096];

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		give(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	struct stat st;
	int i;

	for (i = 1; i < argc; i++) {
		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			give_all(argv[i]);
		else
			give(argv[i]);
	}
	printf("%s 1 - %u inputs\n1..1\n", number ? "ok" : "not ok", number);
	return !number;
}
