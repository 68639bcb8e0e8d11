/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads wait in connect() when their process is stopped, for longer than the threshold, as by a
 * debugger, a pause of its container, or Ctrl-Z. A signal ends the call in the kernel, which begins
 * it again when the process goes on: that is no connect that failed. Nor is that of TCP which is
 * refused meanwhile, and of which the program cannot know yet.
 */
#include "program.h"

static struct sockaddr_un unix_address;
static socklen_t unix_len;
static struct sockaddr_in tcp_address;

#define CLIENTS 5
static _Atomic pid_t tids[CLIENTS];

/* A client as it should be: it closes what could not be connected. */
static void *connect_to_unix(void *tid)
{
	int fd = make_socket(AF_UNIX, SOCK_STREAM, 0);

	*(_Atomic pid_t *)tid = gettid();
	connect(fd, (struct sockaddr *)&unix_address, unix_len);
	close(fd);
	return NULL;
}

static void *connect_to_tcp(void *tid)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	*(_Atomic pid_t *)tid = gettid();
	connect(fd, ADDRESS(tcp_address));
	close(fd);
	return NULL;
}

static void be_a_client(const int begun[2])
{
	pthread_t thread;

	for (int i = 0; i < CLIENTS; i++)
		check(-pthread_create(&thread, NULL, i ? connect_to_unix : connect_to_tcp,
				      &tids[i]));
	for (int i = 0; i < CLIENTS; i++) {
		while (!tids[i])
			sleep_ms(1);
		wait_until_inside(tids[i], SYS_connect);
	}
	tell(begun);
	for (;;)
		pause();
}

int main(void)
{
	int busy = check(socket(AF_UNIX, SOCK_STREAM, 0)), listener = make_listener(0);
	int begun[2], fd;
	pid_t client;

	unix_len = abstract_name(&unix_address, "busy");
	check(bind(busy, (struct sockaddr *)&unix_address, unix_len));
	check(listen(busy, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&unix_address,
		      unix_len));
	tcp_address = loopback(port_of(listener));
	for (int i = 0; i < 2; i++) { /* its queue is full: the kernel drops what asks for more */
		fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fd, ADDRESS(tcp_address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	make_signal(begun);
	client = start_child();
	if (!client)
		be_a_client(begun);
	wait_for(begun);
	check(kill(client, SIGSTOP));
	close(listener);
	expect_none();
	ready();
	check(kill(client, SIGCONT));
	expect_none();
	ready();
	check(kill(client, SIGKILL));
	return 0;
}
