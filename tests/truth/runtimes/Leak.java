// SPDX-License-Identifier: BSD-2-Clause
// Java: channels that nobody closes; with an argument, half of them by another method.
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

class Leak {
	static final List<SocketChannel> kept = new ArrayList<>();

	static SocketChannel openOne() throws Exception {
		return SocketChannel.open();
	}

	static SocketChannel openOther() throws Exception {
		return SocketChannel.open();
	}

	static void fill(int count, boolean two) throws Exception {
		for (int i = 0; i < count; i++)
			kept.add(two && i % 2 == 1 ? openOther() : openOne());
	}

	public static void main(String[] args) throws Exception {
		for (int i = 0; i < 3000; i++) { // they are compiled meanwhile
			openOne().close();
			openOther().close();
		}
		System.out.println("ready");
		System.in.read();
		fill(20, args.length > 0);
		System.out.println("leaked 20");
		while (System.in.read() >= 0) {
		}
	}
}
