/* SPDX-License-Identifier: BSD-2-Clause */
/* libtransport: a small messaging library, as an application would link one. */
#ifndef LIBTRANSPORT_H
#define LIBTRANSPORT_H

#include <memory>
#include <string>

namespace messaging
{

namespace amqp
{
class SslTransport;
}

/* A connection to a broker on the loopback; it lives as long as the object. */
class Connection
{
      public:
	explicit Connection(unsigned short port);
	~Connection();
	void send(const std::string &message);

      private:
	std::unique_ptr<amqp::SslTransport> transport;
};

} // namespace messaging

#endif /* LIBTRANSPORT_H */
