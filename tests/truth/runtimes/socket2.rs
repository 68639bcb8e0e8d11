// SPDX-License-Identifier: BSD-2-Clause
// The crate socket2: sockets that are neither connected nor dropped.
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, Write};

#[inline(never)]
fn open_one() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None); // leaks here
    socket.unwrap()
}

#[inline(never)]
fn fill(count: usize) -> Vec<Socket> {
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
