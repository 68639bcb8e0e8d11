/* SPDX-License-Identifier: BSD-2-Clause */
/* check_package: what package.h promises of every struct package that is given out. */
#ifndef CHECK_PACKAGE_H
#define CHECK_PACKAGE_H

#include "fuzz.h"

#include "packages/package_sources.h"

/* Can it be pasted into a shell as it is? */
static UNUSED void check_pastable(const char *text, size_t size, bool may_be_empty)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+:~_^-";

	check(memchr(text, '\0', size));
	if (may_be_empty && !*text)
		return;
	check(*text && *text != '-' && *text != '~');
	check(strspn(text, allowed) == strlen(text));
}

/* Of a package that is known. */
static UNUSED void check_package(const struct package *package)
{
	bool deb = package->kind == PACKAGE_DEB;

	check(deb || package->kind == PACKAGE_RPM);
	check(package_source_name(package->source));
	check_pastable(package->name, sizeof(package->name), false);
	/* dpkg's status may lack them, or have no word there */
	check_pastable(package->version, sizeof(package->version), deb);
	check_pastable(package->arch, sizeof(package->arch), deb);
	check_pastable(package->debug, sizeof(package->debug), false);
	check(!package->replaced && !package->foreign);
}

/* A package to tell by whether a function has left it alone. */
static UNUSED struct package untouched_package(void)
{
	struct package package;

	memset(&package, 0x5a, sizeof(package));
	return package;
}

static UNUSED void check_untouched(const struct package *package)
{
	struct package untouched = untouched_package();

	check(!memcmp(package, &untouched, sizeof(untouched)));
}

#endif /* CHECK_PACKAGE_H */
