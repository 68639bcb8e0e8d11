// SPDX-License-Identifier: BSD-2-Clause
// The crate mio: connections that were refused, and are not dropped.
use mio::net::TcpStream;
use std::io::{BufRead, Write};

#[inline(never)]
fn open_one() -> TcpStream {
    let stream = TcpStream::connect("127.0.0.1:1".parse().unwrap()); // leaks here
    stream.unwrap()
}

#[inline(never)]
fn fill(count: usize) -> Vec<TcpStream> {
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
