/* SPDX-License-Identifier: BSD-2-Clause */
/* hex: the value of a hexadecimal digit. */
#ifndef SOCKLEAK_HEX_H
#define SOCKLEAK_HEX_H

/* The value of a digit as most programs write it, in small letters; -1 = it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif /* SOCKLEAK_HEX_H */
