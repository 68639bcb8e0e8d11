// SPDX-License-Identifier: BSD-2-Clause
// A server of each kind in Java's standard library, and clients of them, for ever:
// Servers.java DIRECTORY. Prints "ready", then what was done, once a second.
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

public class Servers {
	static final AtomicInteger kept = new AtomicInteger(), urls = new AtomicInteger(),
		plain = new AtomicInteger(), channels = new AtomicInteger(),
		datagrams = new AtomicInteger(), refused = new AtomicInteger();

	interface Work {
		void run() throws Exception;
	}

	static void forever(Work work) {
		Thread thread = new Thread(() -> {
			try {
				for (;;)
					work.run();
			} catch (Exception error) {
				error.printStackTrace();
				System.exit(1);
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	static void echo(Socket client) {
		try (client) {
			client.getInputStream().transferTo(client.getOutputStream());
		} catch (IOException ended) {
			// the client went away
		}
	}

	static void serve() throws Exception {
		HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", 8501), 50);
		http.createContext("/", exchange -> {
			exchange.sendResponseHeaders(200, 6);
			exchange.getResponseBody().write("hello\n".getBytes());
			exchange.close();
		});
		http.setExecutor(Executors.newFixedThreadPool(4));
		http.start();
		ServerSocket plain = new ServerSocket(8502);
		forever(() -> {
			Socket client = plain.accept();
			new Thread(() -> echo(client)).start();
		});
		DatagramSocket udp = new DatagramSocket(8503, InetAddress.getByName("127.0.0.1"));
		forever(() -> {
			DatagramPacket packet = new DatagramPacket(new byte[100], 100);
			udp.receive(packet);
			udp.send(packet);
		});
		ServerSocketChannel channel = ServerSocketChannel.open();
		channel.bind(new InetSocketAddress("127.0.0.1", 8504)).configureBlocking(false);
		Selector selector = Selector.open();
		channel.register(selector, SelectionKey.OP_ACCEPT);
		forever(() -> select(selector, channel));
	}

	static void select(Selector selector, ServerSocketChannel server) throws IOException {
		selector.select();
		for (SelectionKey key : selector.selectedKeys()) {
			if (key.isAcceptable()) {
				SocketChannel client = server.accept();
				client.configureBlocking(false).register(selector, SelectionKey.OP_READ);
			} else {
				SocketChannel client = (SocketChannel) key.channel();
				ByteBuffer buffer = ByteBuffer.allocate(100);
				if (client.read(buffer) < 0)
					client.close();
				else
					client.write(buffer.flip());
			}
		}
		selector.selectedKeys().clear();
	}

	static void ask(HttpClient client) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:8501/")).build();
		for (int i = 0; i < 20; i++, kept.incrementAndGet())
			client.send(request, HttpResponse.BodyHandlers.ofString());
		try {
			client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:9/")).build(),
				HttpResponse.BodyHandlers.ofString());
		} catch (IOException expected) {
			refused.incrementAndGet();
		}
		try (InputStream in = URI.create("http://localhost:8501/").toURL().openStream()) {
			in.readAllBytes();
			urls.incrementAndGet();
		}
		try (InputStream in = URI.create("http://localhost:9/").toURL().openStream()) {
			in.readAllBytes();
		} catch (IOException expected) {
			refused.incrementAndGet();
		}
		// Only a name that resolves: java.net.Socket leaks there, see docs/compat.md.
		Thread.sleep(20);
	}

	static void sockets() throws Exception {
		Socket later = new Socket(); // no descriptor yet, or one that is connected at once
		try (later) {
			later.connect(new InetSocketAddress("localhost", 8502), 1000);
			later.getOutputStream().write(1);
			later.getInputStream().read();
			plain.incrementAndGet();
		}
		try (SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", 8504))) {
			channel.write(ByteBuffer.wrap(new byte[5]));
			channel.read(ByteBuffer.allocate(5));
			channels.incrementAndGet();
		}
		try (DatagramSocket socket = new DatagramSocket()) {
			socket.setSoTimeout(5000);
			socket.send(new DatagramPacket(new byte[5], 5, InetAddress.getByName("127.0.0.1"), 8503));
			socket.receive(new DatagramPacket(new byte[5], 5));
			datagrams.incrementAndGet();
		}
		NetworkInterface.networkInterfaces().forEach(NetworkInterface::getInetAddresses);
		Thread.sleep(20);
	}

	public static void main(String[] args) throws Exception {
		serve();
		HttpClient client = HttpClient.newHttpClient();
		System.out.println("ready");
		forever(() -> ask(client));
		forever(Servers::sockets);
		for (;;) {
			Thread.sleep(1000);
			System.out.println(kept + " kept, " + urls + " urls, " + plain + " sockets, " + channels
				+ " channels, " + datagrams + " datagrams, " + refused + " refused");
		}
	}
}
