/* SPDX-License-Identifier: BSD-2-Clause */
/* Java: the native method of Jni.java. */
#include <jni.h>

int transport_open(void);

JNIEXPORT jint JNICALL Java_Jni_openOne(JNIEnv *environment, jclass of)
{
	int fd = transport_open();

	(void)environment;
	(void)of;
	__asm__ volatile("" ::: "memory");
	return fd;
}
