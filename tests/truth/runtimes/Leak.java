// SPDX-License-Identifier: BSD-2-Clause
// Java: channels that nobody closes.
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

class Leak {
	static final List<SocketChannel> kept = new ArrayList<>();

	static SocketChannel openOne() throws Exception {
		return SocketChannel.open();
	}

	static void fill(int count) throws Exception {
		for (int i = 0; i < count; i++)
			kept.add(openOne());
	}

	public static void main(String[] args) throws Exception {
		for (int i = 0; i < 3000; i++) // both are compiled meanwhile
			openOne().close();
		System.out.println("ready");
		System.in.read();
		fill(20);
		System.out.println("leaked 20");
		while (System.in.read() >= 0) {
		}
	}
}
