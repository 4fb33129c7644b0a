/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/of_impl.h"

bool of_string(const struct of *of, gpa_t gpa, char *buf, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (gmem_read(of->env.mem, gpa + i, &buf[i], 1) < 0)
			return false;
		else if (buf[i] == '\0')
			return true;
	return false;
}
