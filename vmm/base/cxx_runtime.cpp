/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of a C++ runtime that toml.cpp needs, so that the static libstdc++ gives it nothing
 * but red-black trees. It is compiled without exceptions: what would throw (memory that cannot be
 * had, a position outside a string) ends the program. The originals come with a machinery to throw,
 * to unwind and to name what was thrown: 80 KB, never used.
 */
#include <bits/functexcept.h>
#include <bits/shared_ptr_base.h>
#include <cstdlib>
#include <new>
#include <string>

void *operator new(std::size_t size)
{
	if (void *p = std::malloc(size))
		return p;
	std::abort();
}

void operator delete(void *p) noexcept
{
	std::free(p);
}

void operator delete(void *p, std::size_t) noexcept
{
	std::free(p);
}

void operator delete(void *p, std::size_t, std::align_val_t) noexcept
{
	std::free(p);
}

namespace std
{
void __throw_bad_alloc()
{
	abort();
}

void __throw_bad_array_new_length()
{
	abort();
}

void __throw_length_error(const char *)
{
	abort();
}

void __throw_logic_error(const char *)
{
	abort();
}

void __throw_out_of_range_fmt(const char *, ...)
{
	abort();
}

/* Asked by make_shared where there is no RTTI; the original shares its file with a pool of mutexes. */
bool _Sp_make_shared_tag::_S_eq(const type_info &) noexcept
{
	return false;
}

template class basic_string<char>;
} // namespace std
