/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody asks for the value of a floating-point number in a configuration. No key takes one, and
 * the message that says so needs the type alone. toml++ has checked how the number is spelled when
 * it asks the C++ library for the value, and that reading (exact to the last digit, with big
 * integers) is 52 KB of a program of 400. So the linker sends toml++'s one reference to
 * std::from_chars(const char *, const char *, double &, std::chars_format) here (--wrap in
 * CMakeLists.txt): all is read, the value is 0. Nothing of namespace std is defined here, and the
 * original keeps its name; unit tests and all builds but the product use the original.
 */
#include <stddef.h>

/* std::from_chars_result, as the C++ ABI of GCC returns it: in registers. */
struct from_chars_result {
	const char *ptr;
	int ec; /* std::errc: 0, no error */
};

struct from_chars_result __wrap__ZSt10from_charsPKcS0_RdSt12chars_format(const char *first,
									 const char *last,
									 double *value, int format);

struct from_chars_result __wrap__ZSt10from_charsPKcS0_RdSt12chars_format(const char *first,
									 const char *last,
									 double *value, int format)
{
	(void)first;
	(void)format;
	*value = 0;
	return (struct from_chars_result){ last, 0 };
}
