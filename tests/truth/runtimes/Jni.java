// SPDX-License-Identifier: BSD-2-Clause
// Java: a native method over the library of extension.c, which opens the sockets.
class Jni {
	static native int openOne();

	public static void main(String[] args) throws Exception {
		System.load(System.getenv("O") + "/libjni.so");
		System.out.println("ready");
		System.in.read();
		for (int i = 0; i < 20; i++)
			openOne();
		System.out.println("leaked 20");
		while (System.in.read() >= 0) {
		}
	}
}
