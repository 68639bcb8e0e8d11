// SPDX-License-Identifier: BSD-2-Clause
// Qt: sockets that are bound, and neither connected nor deleted.
#include <QtCore/QCoreApplication>
#include <QtNetwork/QHostAddress>
#include <QtNetwork/QTcpSocket>

#include "../truth.h"

static NOINLINE void open_one()
{
	auto *socket = new QTcpSocket;

	socket->bind(QHostAddress::LocalHost); // leaks here
	KEEP_FRAME();
}

static NOINLINE void fill(int count)
{
	while (count--)
		open_one();
	KEEP_FRAME();
}

int main(int argc, char **argv)
{
	QCoreApplication application(argc, argv);

	truth_ready();
	fill(20);
	truth_leaked(20);
	return 0;
}
