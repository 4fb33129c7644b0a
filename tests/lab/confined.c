/* SPDX-License-Identifier: BSD-2-Clause */
/* Tries each right that the user network's process gave up; a line for each, status 1 if one is
 * left. */
#include "tests/unit/devices/backend/net/rights_fixture.h"

int main(void)
{
	size_t left = 0;

	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		bool refused = is_refused(i);

		left += !refused;
		printf("%s: %s\n", rights[i].call, refused ? "refused" : "NOT REFUSED");
	}
	for (size_t i = 0; i < ARRAY_LEN(peaceful); i++) {
		int status = confined(peaceful[i].attempt);

		left += status != 0;
		printf("%s: %s %d %s\n", peaceful[i].name, status ? "NOT as it should be:" : "good",
		       status, words.name);
	}
	printf("%zu rights, %zu left\n", ARRAY_LEN(rights), left);
	return left > 0;
}
