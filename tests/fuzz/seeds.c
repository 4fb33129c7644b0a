/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside libFuzzer, which knows files only: "fuzz_x --seeds FOLDER" writes the target's seeds into
 * files there, and ends.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#define MAX_SEED 4096

int LLVMFuzzerInitialize(int *argc, char ***argv);

static int write_seeds(const char *folder)
{
	static uint8_t seed[MAX_SEED];
	char name[512];
	size_t len;

	for (unsigned int i = 0; fuzz_seed && (len = fuzz_seed(i, seed, MAX_SEED)) > 0; i++) {
		FILE *file;

		snprintf(name, sizeof(name), "%s/seed-%u", folder, i);
		file = fopen(name, "wb");
		if (!file || fwrite(seed, 1, len, file) != len || fclose(file) != 0) {
			perror(name);
			return 1;
		}
	}
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (*argc == 3 && strcmp((*argv)[1], "--seeds") == 0)
		exit(write_seeds((*argv)[2]));
	return 0;
}
