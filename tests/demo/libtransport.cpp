/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library with the leak. SslSocket's constructor makes a socket and asks for
 * its peer's name, which a socket without a connection does not have. Connecting
 * takes another socket and forgets the first: one is leaked for each message.
 */
#include "libtransport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace messaging
{
namespace amqp
{

class SslSocket
{
public:
	SslSocket() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
	{
		sockaddr_storage address;
		socklen_t len = sizeof(address);

		/* The peer's name is for the certificate's check. There is none yet: ENOTCONN. */
		named = ::getpeername(fd, reinterpret_cast<sockaddr *>(&address), &len) == 0;
	}

	~SslSocket()
	{
		::close(fd);
	}

	void connect(unsigned short port)
	{
		sockaddr_in address = {};
		int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		address.sin_family = AF_INET;
		address.sin_port = htons(port);
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (::connect(connection, reinterpret_cast<sockaddr *>(&address),
			      sizeof(address))) {
			::close(connection);
			throw std::runtime_error("no broker");
		}
		fd = connection; /* the bug: nobody closes the one that the constructor made */
	}

	void write(const std::string &bytes)
	{
		if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
			throw std::runtime_error("the broker is gone");
	}

private:
	int fd;
	bool named;
};

class SslTransport
{
public:
	SslTransport();
	void connect(unsigned short port);
	void write(const std::string &bytes);

private:
	SslSocket socket;
};

SslTransport::SslTransport() = default;

void SslTransport::connect(unsigned short port)
{
	socket.connect(port);
}

void SslTransport::write(const std::string &bytes)
{
	socket.write(bytes);
}

} // namespace amqp

Connection::Connection(unsigned short port) : transport(new amqp::SslTransport)
{
	transport->connect(port);
}

Connection::~Connection() = default;

void Connection::send(const std::string &message)
{
	transport->write(message);
}

} // namespace messaging

/* For other languages. */
extern "C" void transport_send(unsigned short port, const char *message)
{
	messaging::Connection connection(port);

	connection.send(message);
}
