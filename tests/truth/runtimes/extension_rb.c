/* SPDX-License-Identifier: BSD-2-Clause */
/* Ruby: an extension over the library of extension.c, as the story has it over qpid-messaging. */
#include <ruby.h>

int transport_open(void);

static VALUE open_one(VALUE self)
{
	(void)self;
	return INT2NUM(transport_open());
}

void Init_extension(void)
{
	rb_define_global_function("open_one", open_one, 0);
}
