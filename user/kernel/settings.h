/* SPDX-License-Identifier: BSD-2-Clause */
/* settings: from the options, what the kernel's programs know before they are loaded. Pure. */
#ifndef SOCKLEAK_SETTINGS_H
#define SOCKLEAK_SETTINGS_H

#include "options/options.h"
#include "control.h"
#include "sockleak.h"

/* For trace and scan alike; self_tgid is the calling process. */
struct settings settings_of(const struct options *options);

#endif /* SOCKLEAK_SETTINGS_H */
