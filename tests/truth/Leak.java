// SPDX-License-Identifier: BSD-2-Clause
// Java: leaks from interpreted code, and in a thread.
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

class Leak {
	static final List<SocketChannel> kept = new ArrayList<>();

	static void open() throws Exception {
		SocketChannel channel = SocketChannel.open();
		synchronized (kept) {
			kept.add(channel);
		}
	}

	public static void main(String[] args) throws Exception {
		System.out.println("ready");
		System.in.read();
		open();
		Thread thread = new Thread(() -> {
			try {
				open();
			} catch (Exception error) {
				throw new RuntimeException(error);
			}
		});
		thread.start();
		thread.join();
		System.out.println("leaked 2");
		while (System.in.read() >= 0) {
		}
	}
}
