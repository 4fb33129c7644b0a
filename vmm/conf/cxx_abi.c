/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the C++ ABI that carries exceptions (Itanium C++ ABI, "Exception Handling", level
 * II), for a program that has none. toml.cpp is compiled without exceptions: what the C++ library
 * would throw there (memory that cannot be had, a string past its limit) ends the program. The
 * compiler's own part would end it, too, but unwinds the stack and prints the demangled name of
 * what was thrown first: 130 KB that never run. Linked into the product only, never into a unit
 * test.
 *
 * No function of the C++ library itself is replaced; these are the names that the compiler calls.
 */
#include <stddef.h>
#include <stdlib.h>

void *__cxa_allocate_exception(size_t size);
void __cxa_free_exception(void *exception);
_Noreturn void __cxa_throw(void *exception, void *type, void (*destroy)(void *));
_Noreturn void __cxa_rethrow(void);
void *__cxa_begin_catch(void *exception);
void __cxa_end_catch(void);
int __gxx_personality_v0(int version, int actions, unsigned long long exception_class,
			 void *exception, void *context);
_Noreturn void _Unwind_Resume(void *exception);

void *__cxa_allocate_exception(size_t size)
{
	(void)size;
	abort();
}

void __cxa_free_exception(void *exception)
{
	(void)exception;
	abort();
}

void __cxa_throw(void *exception, void *type, void (*destroy)(void *))
{
	(void)exception;
	(void)type;
	(void)destroy;
	abort();
}

void __cxa_rethrow(void)
{
	abort();
}

void *__cxa_begin_catch(void *exception)
{
	(void)exception;
	abort();
}

void __cxa_end_catch(void)
{
	abort();
}

int __gxx_personality_v0(int version, int actions, unsigned long long exception_class,
			 void *exception, void *context)
{
	(void)version;
	(void)actions;
	(void)exception_class;
	(void)exception;
	(void)context;
	abort();
}

void _Unwind_Resume(void *exception)
{
	(void)exception;
	abort();
}
