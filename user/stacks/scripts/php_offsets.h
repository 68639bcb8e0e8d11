/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * php_offsets: where PHP has what sockleak reads, by version. Made by tools/php_offsets.sh from the
 * headers that a version installs, where it says a package; no runtime of the others was at hand,
 * and php.c checks what it finds by them as all else. Bytes, of 64-bit builds without ZTS.
 */
#ifndef SOCKLEAK_PHP_OFFSETS_H
#define SOCKLEAK_PHP_OFFSETS_H

#include <linux/types.h>

struct php_offsets {
	__u8 major, minor;
	__u32 api; /* ZEND_MODULE_API_NO, by which a build says its version */
	/* zend_executor_globals */
	__u16 globals_frame;
	/* zend_execute_data */
	__u16 frame_code, frame_flags, frame_previous;
	/* zend_function; zend_op_array */
	__u16 code_name, code_file;
	/* zend_op */
	__u16 instruction_line;
	/* zend_class_entry */
	__u16 class_name;
};

static const struct php_offsets php_offsets[] = {
	/* php7.4 7.4.33-1+deb11u5 */
	{ 7, 4, 20190902, 488, 24, 40, 48, 8, 136, 24, 8 },
	/* 8.0: by hand, from zend_compile.h */
	{ 8, 0, 20200930, 488, 24, 40, 48, 8, 144, 24, 8 },
	/* 8.1: by hand, from zend_compile.h */
	{ 8, 1, 20210902, 488, 24, 40, 48, 8, 144, 24, 8 },
	/* php8.2 8.2.36-1~deb12u1 */
	{ 8, 2, 20220829, 488, 24, 40, 48, 8, 152, 24, 8 },
	/* 8.3: by hand, from zend_compile.h */
	{ 8, 3, 20230831, 488, 24, 40, 48, 8, 144, 24, 8 },
	/* php8.4 8.4.27-1~deb13u1 */
	{ 8, 4, 20240924, 488, 24, 40, 48, 8, 168, 24, 8 },
};

#endif /* SOCKLEAK_PHP_OFFSETS_H */
