// SPDX-License-Identifier: BSD-2-Clause
// Rust: leaks through the standard library's frames, a trait object, a closure, a thread.
use std::io::{BufRead, Write};

extern "C" {
    fn socket(family: i32, kind: i32, protocol: i32) -> i32;
}

// Keeps a call from being a tail call; std::hint::black_box came with Rust 1.66, Debian 12 has 1.63.
#[inline(always)]
fn kept<T>(value: T) -> T {
    let value = std::mem::ManuallyDrop::new(value);
    unsafe { std::ptr::read_volatile(&*value) }
}

pub trait Transport {
    fn open(&self) -> i32;
}

struct Tcp {
    family: i32,
}

impl Transport for Tcp {
    #[inline(never)]
    fn open(&self) -> i32 {
        kept(unsafe { socket(self.family, 1, 0) })
    }
}

mod pool {
    #[inline(never)]
    pub fn fill<T: super::Transport + ?Sized>(transport: &T, count: usize) -> Vec<i32> {
        (0..count).map(|_| transport.open()).collect()
    }
}

fn main() {
    let input = std::io::stdin();
    let mut line = String::new();
    println!("ready");
    std::io::stdout().flush().unwrap();
    input.lock().read_line(&mut line).unwrap();
    let transport: Box<dyn Transport> = Box::new(Tcp { family: 2 });
    kept(pool::fill(&*transport, 1));
    let handle = std::thread::spawn(|| kept(pool::fill(&Tcp { family: 2 }, 1)));
    handle.join().unwrap();
    println!("leaked 2");
    std::io::stdout().flush().unwrap();
    while input.lock().read_line(&mut line).unwrap() > 0 {}
}
