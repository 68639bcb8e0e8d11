// SPDX-License-Identifier: BSD-2-Clause
/*
 * An application of Spring's in Jetty: each path calls one client, which does not get a connection,
 * through a proxy of Spring AOP. `culprit: NAME` marks the line that is to be reported for it.
 */
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URL;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.aopalliance.intercept.MethodInterceptor;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.HttpClients;
import org.apache.tomcat.dbcp.dbcp2.BasicDataSource;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.context.support.StaticWebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;

public class Shop {
	static final String HTTP = "http://127.0.0.1:1/", MARIADB = "jdbc:mariadb://127.0.0.1:1/x";
	static final String POSTGRES = "jdbc:postgresql://127.0.0.1:1/x?sslmode=disable";
	static final List<Object> kept = Collections.synchronizedList(new ArrayList<>());

	public interface Billing {
		void call(String name) throws Exception;
	}

	public static class BillingService implements Billing {
		public void call(String name) throws Exception {
			try {
				BillingService.class.getDeclaredMethod(name).invoke(this);
			} catch (java.lang.reflect.InvocationTargetException error) {
				kept.add(error);
			}
		}

		void channel() throws Exception {
			kept.add(SocketChannel.open()); // culprit: channel
		}

		void plain() throws Exception {
			Socket socket = new Socket();
			kept.add(socket);
			socket.connect(new InetSocketAddress("127.0.0.1", 1)); // culprit: plain
		}

		void unix() throws Exception {
			SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX); // culprit: unix
			kept.add(channel);
			channel.connect(UnixDomainSocketAddress.of("/run/none"));
		}

		void url() throws Exception {
			new URL(HTTP).openStream(); // culprit: url
		}

		void rest_template() {
			new RestTemplate().getForObject(HTTP, String.class); // culprit: rest_template
		}

		void http_client() throws Exception {
			HttpClients.createDefault().execute(new HttpGet(HTTP)); // culprit: http_client
		}

		void okhttp() throws Exception {
			okhttp3.Request request = new okhttp3.Request.Builder().url(HTTP).build();
			new okhttp3.OkHttpClient().newCall(request).execute(); // culprit: okhttp
		}

		void postgresql() throws Exception {
			DriverManager.getConnection(POSTGRES, "a", "b"); // culprit: postgresql
		}

		void mariadb() throws Exception {
			DriverManager.getConnection(MARIADB, "a", "b"); // culprit: mariadb
		}

		void jdbc_template() {
			DriverManagerDataSource source = new DriverManagerDataSource(POSTGRES, "a", "b");
			new JdbcTemplate(source).queryForList("select 1"); // culprit: jdbc_template
		}

		void dbcp() throws Exception {
			BasicDataSource source = new BasicDataSource();
			source.setDriverClassName("org.mariadb.jdbc.Driver");
			source.setUrl(MARIADB);
			source.getConnection(); // culprit: dbcp
		}

		static Object open() {
			try {
				return SocketChannel.open(); // culprit: async
			} catch (IOException error) {
				return error;
			}
		}

		void async() throws Exception {
			kept.add(CompletableFuture.supplyAsync(BillingService::open).get());
		}
	}

	public static class Controller implements HttpRequestHandler {
		private final Billing billing;

		public Controller() {
			ProxyFactory factory = new ProxyFactory(new BillingService());
			factory.addAdvice((MethodInterceptor)call -> call.proceed());
			billing = (Billing)factory.getProxy();
		}

		public void handleRequest(HttpServletRequest request, HttpServletResponse response)
				throws IOException {
			try {
				billing.call(request.getPathInfo().substring(1));
			} catch (Exception error) {
				throw new IOException(error);
			}
			response.getWriter().write("called\n");
		}
	}

	public static void main(String[] arguments) throws Exception {
		StaticWebApplicationContext context = new StaticWebApplicationContext();
		ServletContextHandler handler = new ServletContextHandler();
		Server server = new Server(new InetSocketAddress("127.0.0.1", 8000));

		context.registerSingleton("/*", Controller.class);
		handler.setContextPath("/");
		handler.addServlet(new ServletHolder(new DispatcherServlet(context)), "/*");
		server.setHandler(handler);
		server.start();
		server.join();
	}
}
