/* SPDX-License-Identifier: BSD-2-Clause */
/* libcurl: what a caller's CURLOPT_CLOSESOCKETFUNCTION does not close. */
#include <curl/curl.h>

#include "../truth.h"

static int keep(void *data, curl_socket_t fd)
{
	(void)data;
	(void)fd;
	return 0;
}

static NOINLINE void open_one(void)
{
	CURL *transfer = curl_easy_init();

	curl_easy_setopt(transfer, CURLOPT_URL, "http://127.0.0.1:1/");
	curl_easy_setopt(transfer, CURLOPT_CLOSESOCKETFUNCTION, keep);
	curl_easy_perform(transfer); /* leaks here */
	curl_easy_cleanup(transfer);
	KEEP_FRAME();
}

static NOINLINE void fill(int count)
{
	while (count--)
		open_one();
	KEEP_FRAME();
}

int main(void)
{
	curl_global_init(CURL_GLOBAL_ALL);
	truth_ready();
	fill(20);
	truth_leaked(20);
	return 0;
}
