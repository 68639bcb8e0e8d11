// SPDX-License-Identifier: BSD-2-Clause
// Java: says "ready" and waits for a line, then leaks sockets, each from another construct of the
// language, and says of each its inode and the frames that the language has there; at the end an
// empty object.

import java.lang.reflect.Method;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;

public class Leaks {
	static final List<Object> kept = new ArrayList<>();
	static final TreeSet<String> known = new TreeSet<>();
	static String now;
	static boolean isWarm; // what is compiled while it is called often is called without a socket before

	// The sockets that the process has.
	static TreeSet<String> sockets() throws Exception {
		TreeSet<String> found = new TreeSet<>();
		String[] names = new java.io.File("/proc/self/fd").list();
		for (String name : names) {
			try {
				Path link = Files.readSymbolicLink(Paths.get("/proc/self/fd/" + name));
				if (link.toString().startsWith("socket:["))
					found.add(link.toString().replaceAll("[^0-9]", ""));
			} catch (java.io.IOException gone) {
				// the directory's own
			}
		}
		return found;
	}

	static String quoted(String text) {
		return text == null ? "null" : "\"" + text + "\"";
	}

	// Called on the line that has made the socket.
	static void made(Object socket, Throwable here) {
		if (isWarm)
			return;
		try {
			StringBuilder line = new StringBuilder();
			TreeSet<String> fresh = sockets();
			kept.add(socket);
			fresh.removeAll(known);
			known.addAll(fresh);
			line.append("{\"case\": \"" + now + "\", \"inode\": " + fresh.last());
			line.append(", \"frames\": [");
			String separator = "";
			for (StackTraceElement frame : here.getStackTrace()) {
				int number = frame.getLineNumber();
				line.append(separator + "[" + quoted(frame.getClassName() + "."
						+ frame.getMethodName()) + ", " + quoted(frame.getFileName())
						+ ", " + (number > 0 ? "" + number : "null") + "]");
				separator = ", ";
			}
			System.out.println(line.append("]}"));
		} catch (Exception error) {
			throw new RuntimeException(error);
		}
	}

	static void plain() throws Exception {
		made(SocketChannel.open(), new Throwable());
	}

	static void datagram() throws Exception {
		made(DatagramChannel.open(), new Throwable());
	}

	static void unconnected() throws Exception {
		made(new java.net.DatagramSocket(null), new Throwable());
	}

	static class Pool {
		final Object first;

		Pool() throws Exception {
			made(first = SocketChannel.open(), new Throwable());
		}

		class Inner {
			synchronized void open() throws Exception {
				made(SocketChannel.open(), new Throwable());
			}
		}
	}

	// Its initializer is called by the machine, in C++.
	static class Early {
		static final int value;

		static {
			try {
				plain();
			} catch (Exception error) {
				throw new RuntimeException(error);
			}
			value = now.length();
		}
	}

	interface Opener {
		default void open() throws Exception {
			made(SocketChannel.open(), new Throwable());
		}
	}

	abstract static class Generic<T> {
		abstract T get(T value) throws Exception;
	}

	static class Concrete extends Generic<String> {
		@Override
		String get(String value) throws Exception {
			plain();
			return value;
		}
	}

	static void unchecked(Callable<?> call) {
		try {
			call.call();
		} catch (Exception error) {
			throw new RuntimeException(error);
		}
	}

	static Object checked() throws Exception {
		plain();
		return null;
	}

	static void deep(int depth) throws Exception {
		if (depth > 0)
			deep(depth - 1);
		else
			plain();
	}

	public static void reflected() throws Exception {
		plain();
	}

	static void afterThrow() throws Exception {
		try {
			Integer.parseInt("x");
		} catch (NumberFormatException error) {
			plain();
		} finally {
			now = "finally";
			plain();
		}
	}

	// What C2 inlines: three functions into one, and a loop around it.
	static void inner(int i) throws Exception {
		if (i % 2 == 0)
			made(isWarm ? kept : SocketChannel.open(), new Throwable());
	}

	static void middle(int i) throws Exception {
		if (i >= 0)
			inner(i);
	}

	static void outer(int rounds) throws Exception {
		for (int i = 0; i < rounds; i++)
			middle(i);
	}

	static void warm() throws Exception {
		isWarm = true;
		for (int i = 0; i < 300; i++)
			outer(100);
		isWarm = false;
		known.addAll(sockets());
		outer(2);
	}

	static void lambdas() throws Exception {
		Map<String, Object> map = new HashMap<>();
		now = "lambda";
		Callable<Object> direct = () -> {
			plain();
			return null;
		};
		direct.call();
		now = "computeIfAbsent";
		map.computeIfAbsent("a", key -> {
			unchecked(Leaks::checked);
			return key;
		});
		now = "stream";
		Arrays.asList("a", "b").stream().filter(text -> text.equals("a")).map(text -> {
			unchecked(() -> checked());
			return text;
		}).collect(Collectors.toList());
		now = "sort";
		Arrays.asList(1, 2).sort((a, b) -> {
			unchecked(Leaks::checked);
			return 0;
		});
		now = "anonymous";
		new Supplier<Object>() {
			@Override
			public Object get() {
				unchecked(Leaks::checked);
				return this;
			}
		}.get();
	}

	static void threads() throws Exception {
		now = "thread";
		Thread thread = new Thread(() -> unchecked(Leaks::checked), "worker");
		thread.start();
		thread.join();
	}

	static void rested(int depth) throws Exception {
		if (depth > 0) {
			rested(depth - 1);
			return;
		}
		Thread.sleep(5); // it leaves its thread, and comes back with its innermost frames alone
		plain();
	}

	// From JDK 21 on.
	static void virtualThreads() throws Exception {
		Method start;
		try {
			start = Thread.class.getMethod("startVirtualThread", Runnable.class);
		} catch (NoSuchMethodException missing) {
			return;
		}
		now = "virtual thread";
		((Thread) start.invoke(null, (Runnable) () -> unchecked(Leaks::checked))).join();
		now = "virtual thread that has rested";
		((Thread) start.invoke(null, (Runnable) () -> unchecked(() -> {
			rested(20);
			return null;
		}))).join();
	}

	static void run(String name, Callable<?> call) throws Exception {
		now = name;
		call.call();
	}

	static void all() throws Exception {
		known.addAll(sockets());
		run("plain", Leaks::checked);
		run("datagram", () -> {
			datagram();
			return null;
		});
		run("unconnected", () -> {
			unconnected();
			return null;
		});
		run("constructor", () -> {
			Pool pool = new Pool();
			now = "inner class, synchronized";
			pool.new Inner().open();
			return null;
		});
		run("static initializer", () -> Early.value);
		run("default method", () -> {
			new Opener() {
			}.open();
			return null;
		});
		run("generic", () -> {
			Generic<String> generic = new Concrete();
			return generic.get("a");
		});
		run("recursion", () -> {
			deep(Integer.getInteger("depth", 60));
			return null;
		});
		run("reflection", () -> {
			Method method = Leaks.class.getMethod("reflected");
			return method.invoke(null);
		});
		run("catch", () -> {
			afterThrow();
			return null;
		});
		lambdas();
		threads();
		virtualThreads();
		now = "warm";
		warm();
	}

	public static void main(String[] args) throws Exception {
		plainOnce();
		System.out.println("ready");
		System.in.read();
		all();
		System.out.println("{}");
		while (System.in.read() >= 0) {
		}
	}

	// With the first socket the machine loads much, and makes some of its own.
	static void plainOnce() throws Exception {
		isWarm = true;
		made(SocketChannel.open(), new Throwable());
		isWarm = false;
	}
}
