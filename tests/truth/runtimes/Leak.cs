// SPDX-License-Identifier: BSD-2-Clause
// Mono: objects of Socket that nobody disposes of.
using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

class Leak {
	static readonly List<Socket> kept = new List<Socket>();

	[MethodImpl(MethodImplOptions.NoInlining)]
	static void OpenOne()
	{
		var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

		kept.Add(socket);
	}

	[MethodImpl(MethodImplOptions.NoInlining)]
	static void Fill(int count)
	{
		for (int i = 0; i < count; i++)
			OpenOne();
	}

	static void Main()
	{
		Console.WriteLine("ready");
		Console.ReadLine();
		Fill(20);
		Console.WriteLine("leaked 20");
		while (Console.ReadLine() != null) {
		}
	}
}
