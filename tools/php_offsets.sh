#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Print a row of user/stacks/scripts/php_offsets.h for one PHP, by the headers that its package for
# development installs, or by those of its source:
#   tools/php_offsets.sh "php8.2 8.2.36" $(php-config8.2 --includes)
set -eu
name=$1
shift
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/offsets.c" <<'C'
#include "php.h"
#include "php_version.h"
#include "zend_globals.h"
#include "zend_modules.h"
#include "zend_vm_opcodes.h"
#include <stddef.h>
#include <stdio.h>

#define AT(type, member) ((int)offsetof(type, member))

/* What php.c takes for the same in all versions. */
_Static_assert(offsetof(zend_execute_data, opline) == 0, "opline");
_Static_assert(offsetof(zend_function, type) == 0, "type of code");
_Static_assert(offsetof(zend_op_array, scope) == offsetof(zend_op_array, function_name) + 8, "");
_Static_assert(offsetof(zend_op, opcode) == offsetof(zend_op, lineno) + 4, "opcode");
_Static_assert(ZEND_HANDLE_EXCEPTION == 149, "opcode");
_Static_assert(ZEND_INTERNAL_FUNCTION == 1 && ZEND_USER_FUNCTION == 2, "types of code");
_Static_assert(ZEND_EVAL_CODE == 4, "types of code");
_Static_assert(ZEND_CALL_CODE == 1 << 16 && ZEND_CALL_TOP == 1 << 17, "flags of calls");
_Static_assert(offsetof(zend_string, len) == 16 && offsetof(zend_string, val) == 24, "strings");
_Static_assert(IS_STRING == 6 && offsetof(zend_class_entry, type) == 0, "types");
_Static_assert(offsetof(HashTable, arData) == 16, "tables");
_Static_assert(offsetof(zend_module_entry, zend_api) == 4, "modules");
_Static_assert(offsetof(zend_module_entry, zend_debug) == 8, "modules");
_Static_assert(offsetof(zend_module_entry, zts) == 9, "modules");

int main(void)
{
	printf("\t{ %d, %d, %d, %d, ", PHP_MAJOR_VERSION, PHP_MINOR_VERSION, ZEND_MODULE_API_NO,
	       AT(zend_executor_globals, current_execute_data));
	printf("%d, %d, %d, ", AT(zend_execute_data, func),
	       AT(zend_execute_data, This) + AT(zval, u1.type_info),
	       AT(zend_execute_data, prev_execute_data));
	printf("%d, %d, %d, %d },\n", AT(zend_op_array, function_name),
	       AT(zend_op_array, filename), AT(zend_op, lineno), AT(zend_class_entry, name));
}
C
cc -w "$@" -o "$work/offsets" "$work/offsets.c"
printf '\t/* %s */\n' "$name"
"$work/offsets"
