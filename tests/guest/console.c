/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

static char line[16];
static unsigned int line_len;

static void flush(void)
{
	uint64_t args[9];
	int64_t r;

	do {
		memset(args, 0, sizeof(args));
		args[1] = line_len;
		for (unsigned int i = 0; i < sizeof(line); i++)
			args[2 + i / 8] = args[2 + i / 8] << 8 | (uint8_t)line[i];
		r = hcall_raw(H_PUT_TERM_CHAR, args);
	} while (r == H_BUSY);
	line_len = 0;
}

void wait_for_input(void)
{
	uint64_t args[9];

	do
		memset(args, 0, sizeof(args));
	while (hcall_raw(H_GET_TERM_CHAR, args) == H_SUCCESS && args[0] == 0);
}

static void put(char c)
{
	line[line_len++] = c;
	if (line_len == sizeof(line) || c == '\n')
		flush();
}

static void put_number(uint64_t n, unsigned int base)
{
	char digits[24];
	unsigned int len = 0;

	do {
		digits[len++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (len)
		put(digits[--len]);
}

static void put_string(const char *s)
{
	while (*s)
		put(*s++);
}

void vsay(const char *fmt, va_list ap)
{
	int64_t n;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			if (*fmt == '\n')
				put('\r');
			put(*fmt);
			continue;
		}
		switch (*++fmt) {
		case 's':
			put_string(va_arg(ap, const char *));
			break;
		case 'u':
			put_number(va_arg(ap, uint64_t), 10);
			break;
		case 'x':
			put_number(va_arg(ap, uint64_t), 16);
			break;
		case 'd':
			n = va_arg(ap, int64_t);
			if (n < 0)
				put('-');
			put_number(n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
			break;
		}
	}
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}
