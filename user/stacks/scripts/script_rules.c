/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/script_rules.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "stacks/names/runtime_frames.h"
#include "stacks/scripts/script_rule_list.h"

/*
 * Does Perl search the folder for modules? An application may have any name, also those of the
 * packages, and "perl" in its path.
 */
static bool is_of_perl_library(const char *file)
{
	static const char *const folders[] = { "*/lib*/perl5/*", "*/share/perl5/*",
					       "*/lib/*/perl/*", "*/share/perl/*",
					       "*/lib/perl/*",	 "*/perl-base/*",
					       "*/site_perl/*",	 "*/vendor_perl/*",
					       "*/core_perl/*",	 "*/lib/5.[0-9]*/*" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!fnmatch(folders[i], file, 0))
			return true;
	return false;
}

/*
 * A method that `dataclasses` has made for a class: the class is to be mended, or who makes its
 * objects. A program that is given with -c has the same file.
 */
static bool is_generated(enum script_language language, const char *function, const char *file)
{
	return language == SCRIPT_PYTHON && function && file && !strcmp(file, "<string>") &&
	       (!strcmp(function, "__init__") || !strncmp(function, "__create_fn__", 13));
}

/* As a path of a gem: the folder vendor_ruby of distributions has them without their versions. */
static const char *path_of_gem(const char *file, char path[PATH_MAX])
{
	const char *at = strstr(file, "/vendor_ruby/"), *name;

	if (!at)
		return file;
	name = at + strlen("/vendor_ruby/");
	snprintf(path, PATH_MAX, "/gems/%.*s-0%s", (int)strcspn(name, "/."), name, at);
	return path;
}

/*
 * The folder of Debian's packages of JavaScript, in a path or NULL. Elsewhere an application may
 * have a folder of this name.
 */
static const char *folder_of_debian(const char *file)
{
	static const char *const folders[] = { "/usr/share/nodejs/*", "/usr/lib/nodejs/*",
					       "/usr/lib/*-linux-*/nodejs/*" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!fnmatch(folders[i], file, 0))
			return strstr(file, "/nodejs/") + strlen("/nodejs");
	return NULL;
}

/* As a path of a package that npm has installed. */
static const char *path_of_npm(const char *file, char path[PATH_MAX])
{
	const char *at = folder_of_debian(file);

	if (!at)
		return file;
	snprintf(path, PATH_MAX, "/node_modules%s", at);
	return path;
}

/* As a path of a module: what modules have made by eval of text has no other file. */
static const char *path_of_package(const char *function, char path[PATH_MAX])
{
	const char *end = function, *next;
	size_t at;

	while ((next = strstr(end, "::")))
		end = next + 2;
	at = (size_t)snprintf(path, PATH_MAX, "/share/perl5/");
	for (; function < end && at + sizeof(".pm") < PATH_MAX; function++) {
		if (*function != ':')
			path[at++] = *function;
		else if (function[1] == ':' && function + 2 < end)
			path[at++] = '/';
	}
	memcpy(path + at, ".pm", sizeof(".pm"));
	return path;
}

/* By what the rules go. NULL: nothing is known of it. */
static const char *path_to_judge(enum script_language language, const char *function,
				 const char *file, char path[PATH_MAX])
{
	if (language == SCRIPT_JAVA)
		return function;
	if (language == SCRIPT_RUBY && file)
		return path_of_gem(file, path);
	if (language == SCRIPT_JAVASCRIPT && file)
		return path_of_npm(file, path);
	if (language == SCRIPT_PERL && file && function && !strncmp(file, "(eval", 5))
		return path_of_package(function, path);
	return file;
}

enum frame_kind script_rule_kind(enum script_language language, const char *function,
				 const char *file)
{
	char path[PATH_MAX];
	const char *name = path_to_judge(language, function, file, path);

	if (is_generated(language, function, file))
		return FRAME_OF_RUNTIME;
	for (size_t i = 0; name && i < sizeof(script_rules) / sizeof(script_rules[0]); i++)
		if (script_rules[i].language == language &&
		    !fnmatch(script_rules[i].pattern, name, 0) &&
		    (language != SCRIPT_PERL || is_of_perl_library(name)))
			return script_rules[i].kind;
	return FRAME_OF_PROGRAM;
}

static bool one_matches(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

/* The code outside functions of a command that starts applications, such as gunicorn. */
static bool is_command(const char *function, const char *file)
{
	static const char *const outside[] = { "<module>", "<main>",	       "(main)",
					       "{main}",   "<top (required)>", NULL };

	return function && one_matches(outside, function) && !fnmatch("*/bin/*", file, 0) &&
	       !strchr(module_name(file), '.');
}

bool script_rule_is_application(enum script_language language, const char *function,
				const char *file)
{
	static const char *const installed[][9] = {
		[SCRIPT_PYTHON] = { "*-packages/*", "*/lib/python[23].*", "*/lib64/python[23].*",
				    "*/python3*.zip/*" },
		[SCRIPT_RUBY] = { "*/gems/*", "*/vendor_ruby/*", "*/site_ruby/*",
				  "*/lib/ruby/[0-9].*", "*/lib64/ruby/[0-9].*", "*/share/ruby/*" },
		[SCRIPT_PHP] = { "*/vendor/*", "*/share/php/*", "phar:*" },
		[SCRIPT_JAVASCRIPT] = { "*/node_modules/*", "node:*" },
		[SCRIPT_LANGUAGES] = { NULL },
	};

	if (language == SCRIPT_JAVA)
		return true;
	if (!file || *file == '<' || *file == '(' || is_command(function, file))
		return false;
	if (language == SCRIPT_JAVASCRIPT && folder_of_debian(file))
		return false;
	return language == SCRIPT_PERL ? !is_of_perl_library(file) :
					 !one_matches(installed[language], file);
}

bool script_rule_is_loop(enum script_language language, const char *function, const char *file)
{
	static const struct {
		enum script_language language;
		const char *file, *function;
	} loops[] = {
		{ SCRIPT_PYTHON, "*/asyncio/events.py", "*_run" },
		{ SCRIPT_PYTHON, "*-packages/trio/_core/_run.py", "*unrolled_run" },
		{ SCRIPT_PYTHON, "*-packages/twisted/internet/base.py", "*runUntilCurrent" },
		{ SCRIPT_PHP, "*/[Rr]eact/*[Ll]oop/*", "*::*" },
		{ SCRIPT_PHP, "*/vendor/revolt/event-loop/*", "*::*" },
	};

	for (size_t i = 0; function && file && i < sizeof(loops) / sizeof(loops[0]); i++)
		if (loops[i].language == language && !fnmatch(loops[i].file, file, 0) &&
		    !fnmatch(loops[i].function, function, 0))
			return true;
	return false;
}

bool script_rule_is_text(enum script_language language, const char *function, const char *file)
{
	switch (language) {
	case SCRIPT_PERL:
		return function &&
		       (!strcmp(function, "(eval)") || (!file && !strcmp(function, "(require)")));
	case SCRIPT_PHP:
		return function &&
		       (!strcmp(function, "eval") || (!file && !strcmp(function, "include")));
	case SCRIPT_PYTHON:
		return function && file && !strcmp(function, "<module>") && *file == '<';
	case SCRIPT_JAVASCRIPT:
		return function && file && !strcmp(function, "eval") && *file == '<';
	default:
		return false;
	}
}

void script_rule_lasting(enum script_language language, const char *function, size_t *ret_at,
			 size_t *ret_len)
{
	const char *in = strstr(function, " in "), *class = in ? in + strlen(" in ") : NULL;
	size_t len;

	*ret_at = *ret_len = 0;
	if (language != SCRIPT_RUBY || !class || strncmp(function, "block ", 6) != 0)
		return;
	len = strcspn(class, "#.");
	if (*class < 'A' || *class > 'Z' || !class[len])
		return;
	*ret_at = (size_t)(class - function);
	*ret_len = len + 1;
}

const char *script_language_name(enum script_language language)
{
	static const char *const names[] = {
		[SCRIPT_PYTHON] = "Python", [SCRIPT_RUBY] = "Ruby",
		[SCRIPT_PHP] = "PHP",	    [SCRIPT_JAVA] = "Java",
		[SCRIPT_PERL] = "Perl",	    [SCRIPT_JAVASCRIPT] = "JavaScript",
	};

	return language < SCRIPT_LANGUAGES ? names[language] : NULL;
}
