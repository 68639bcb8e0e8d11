// SPDX-License-Identifier: BSD-2-Clause
// Go: leaks on a goroutine's stack, from a method and from a closure of another goroutine.
package main

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
)

type pool struct{ family int }

//go:noinline
func (p *pool) open() int {
	fd, err := syscall.Socket(p.family, syscall.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	return fd
}

//go:noinline
func fill(p *pool, count int) (fds []int) {
	for i := 0; i < count; i++ {
		fds = append(fds, p.open())
	}
	return
}

func main() {
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	input.ReadString('\n')
	fill(&pool{syscall.AF_INET}, 1)
	done := make(chan []int)
	go func() { done <- fill(&pool{syscall.AF_INET}, 1) }()
	<-done
	fmt.Println("leaked 2")
	for {
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
	}
}
