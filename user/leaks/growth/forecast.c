/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/forecast.h"

bool forecast_seconds(const struct forecast *forecast, double *ret_seconds)
{
	if (!forecast->looked_ns || forecast->fds_limit == FDS_UNLIMITED)
		return false;
	if (forecast->fds_open >= forecast->fds_limit) { /* the limit may have been lowered */
		*ret_seconds = 0;
		return true;
	}
	if (!forecast->rate_known || forecast->per_minute <= 0)
		return false;
	*ret_seconds =
		(double)(forecast->fds_limit - forecast->fds_open) * 60 / forecast->per_minute;
	return true;
}
