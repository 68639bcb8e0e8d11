// SPDX-License-Identifier: BSD-2-Clause
// cgo: two functions of Go's, each of which has C open ten sockets.
package main

/*
#include <sys/socket.h>
static __attribute__((noinline)) int c_open(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	__asm__ volatile("" ::: "memory");
	return fd;
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"os"
)

//go:noinline
func openControl() C.int { return C.c_open() }

//go:noinline
func openData() C.int { return C.c_open() }

func main() {
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	input.ReadString('\n')
	for i := 0; i < 10; i++ {
		openControl()
		openData()
	}
	fmt.Println("leaked 20")
	for {
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
	}
}
