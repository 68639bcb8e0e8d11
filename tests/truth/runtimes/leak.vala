// SPDX-License-Identifier: BSD-2-Clause
// Vala: sockets of GIO that are kept.
class Pool : Object {
	Socket[] kept = {};

	public void open_one() throws Error {
		kept += new Socket(SocketFamily.IPV4, SocketType.STREAM, SocketProtocol.TCP); // leaks here
	}

	public void fill(int count) throws Error {
		for (int i = 0; i < count; i++)
			open_one();
	}
}

int main() {
	var pool = new Pool();
	stdout.puts("ready\n");
	stdout.flush();
	stdin.read_line();
	try {
		pool.fill(20);
	} catch (Error error) {
		return 1;
	}
	stdout.puts("leaked 20\n");
	stdout.flush();
	while (stdin.read_line() != null) {
	}
	return 0;
}
