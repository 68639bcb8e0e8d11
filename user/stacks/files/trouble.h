/* SPDX-License-Identifier: BSD-2-Clause */
/* trouble: why there is debug information without lines. A name for it; stack.h has the words. */
#ifndef SOCKLEAK_TROUBLE_H
#define SOCKLEAK_TROUBLE_H

/* Why debug information that a module has is not used, or its names are not. */
enum frame_trouble {
	TROUBLE_NONE = 0,
	TROUBLE_COMPRESSION, /* it is compressed in a way that libelf does not know: zstd */
	TROUBLE_SPLIT,	     /* it is in a .dwo file: who is inlined where is not known */
	TROUBLE_SIZE,	     /* it is larger than what is decompressed */
	TROUBLE_OVERWRITTEN, /* the file was overwritten while it was mapped: nothing of it is */
	TROUBLES,
};

#endif /* SOCKLEAK_TROUBLE_H */
