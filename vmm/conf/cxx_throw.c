/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the C++ library would throw. Its own functions for that make an object of one of fifteen classes
 * before cxx_abi.c ends the program, so all of these and what is known of their types would be linked: 11 KB
 * that never run. The linker sends the references of toml.cpp and of the library here (--wrap in
 * CMakeLists.txt), and the program ends at once. Nothing of namespace std is defined here, and the originals
 * keep their names; unit tests and all builds but the product use them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

void *__wrap__Znwm(size_t size);
_Noreturn void __wrap__ZSt19__throw_logic_errorPKc(const char *what);
_Noreturn void __wrap__ZSt20__throw_length_errorPKc(const char *what);
_Noreturn void __wrap__ZSt24__throw_out_of_range_fmtPKcz(const char *what, ...);
_Noreturn void __wrap__ZSt17__throw_bad_allocv(void);
_Noreturn void __wrap__ZSt28__throw_bad_array_new_lengthv(void);
bool __wrap__ZNSt19_Sp_make_shared_tag5_S_eqERKSt9type_info(const void *type);

/* operator new(std::size_t): what it returns is given back by free(), as the library's. */
void *__wrap__Znwm(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		abort();
	return p;
}

void __wrap__ZSt19__throw_logic_errorPKc(const char *what)
{
	(void)what;
	abort();
}

void __wrap__ZSt20__throw_length_errorPKc(const char *what)
{
	(void)what;
	abort();
}

void __wrap__ZSt24__throw_out_of_range_fmtPKcz(const char *what, ...)
{
	(void)what;
	abort();
}

void __wrap__ZSt17__throw_bad_allocv(void)
{
	abort();
}

void __wrap__ZSt28__throw_bad_array_new_lengthv(void)
{
	abort();
}

/*
 * std::_Sp_make_shared_tag::_S_eq: is it that tag's type? Where types have no information (-fno-rtti) the
 * caller has compared the tag's address before, and nothing else is asked for.
 */
bool __wrap__ZNSt19_Sp_make_shared_tag5_S_eqERKSt9type_info(const void *type)
{
	(void)type;
	return false;
}
