// SPDX-License-Identifier: BSD-2-Clause
// Rust: a function opens a socket, its caller does so twenty times.
use std::io::{BufRead, Write};

extern "C" {
    fn socket(family: i32, kind: i32, protocol: i32) -> i32;
}

#[inline(never)]
fn open_one() -> i32 {
    let fd = unsafe { socket(2, 1, 0) }; // leaks here
    assert!(fd >= 0);
    fd
}

#[inline(never)]
fn fill(count: usize) -> Vec<i32> {
    (0..count).map(|_| open_one()).collect()
}

fn main() {
    let input = std::io::stdin();
    let mut line = String::new();
    println!("ready");
    std::io::stdout().flush().unwrap();
    input.lock().read_line(&mut line).unwrap();
    let kept = fill(20);
    println!("leaked {}", kept.len());
    std::io::stdout().flush().unwrap();
    while input.lock().read_line(&mut line).unwrap() > 0 {}
}
