// SPDX-License-Identifier: BSD-2-Clause
// Go: a function opens a socket, its caller does so twenty times; with an argument, ten times by
// another function.
package main

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
)

//go:noinline
func openOne() int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0) // leaks here
	if err != nil {
		panic(err)
	}
	return fd
}

//go:noinline
func openOther() int {
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	return fd
}

//go:noinline
func fill(count int) (fds []int) {
	for ; count > 0; count-- {
		if count%2 == 0 && len(os.Args) > 1 {
			fds = append(fds, openOther())
		} else {
			fds = append(fds, openOne())
		}
	}
	return
}

func main() {
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	input.ReadString('\n')
	fill(20)
	fmt.Println("leaked 20")
	for {
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
	}
}
