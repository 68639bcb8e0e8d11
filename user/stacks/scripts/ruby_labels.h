/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruby_labels: how CRuby calls a frame. Before 3.4 an instruction sequence has its label. Since
 * then labels have the class ("Foo#bar", "block in Foo.baz") and are put together from the method's
 * entry, which is in the frame's environment or in one further out.
 */
#ifndef SOCKLEAK_RUBY_LABELS_H
#define SOCKLEAK_RUBY_LABELS_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/ruby_objects.h"

#define RUBY_BODY 176 /* bytes of a sequence's body that have what is read of it */

/* What a frame has of its environment: the words at -2, -1 and 0. */
struct ruby_environment {
	__u64 method, previous, flags;
};

/* The label of a method in C. */
bool ruby_label_of_c(struct ruby *ruby, const struct ruby_environment *environment,
		     char ret_text[SCRIPT_NAME_MAX]);

/* That of an instruction sequence, whose body this is. */
bool ruby_label(struct ruby *ruby, const struct ruby_environment *environment, __u64 iseq,
		const unsigned char body[RUBY_BODY], char ret_text[SCRIPT_NAME_MAX]);

/* Is a body that of a rescue or an ensure clause? Since 3.4 it hides the frame that it is in. */
bool ruby_is_clause(struct ruby *ruby, const unsigned char body[RUBY_BODY]);

/* Read the body of an instruction sequence. */
bool ruby_body(struct ruby *ruby, __u64 iseq, unsigned char ret_body[RUBY_BODY]);

#endif /* SOCKLEAK_RUBY_LABELS_H */
