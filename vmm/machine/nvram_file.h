/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_NVRAM_FILE_H
#define VMM_MACHINE_NVRAM_FILE_H

/*
 * The guest's NVRAM in a file of NVRAM_SIZE bytes: read once, at the start; what the guest stores is
 * written at once, into the host's page cache. One program at a time has the file (an OFD lock).
 */

#include "sphapr/nvram.h"

struct nvram_file {
	int fd; /* -1: there is none, and the others do nothing */
	const char *path;
	bool failed; /* said: the file no longer follows */
};

void nvram_file_init(struct nvram_file *f);

/**
 * nvram_file_open - bytes of the file into @nv; of @nv into a file that is new or empty
 * A file without a partition for firmware's settings gets one, where it has free space.
 * @path: borrowed
 * Return 0; or -errno after one logged line. nvram_file_close() in every case.
 */
int nvram_file_open(struct nvram_file *f, const char *path, struct nvram *nv);

/*
 * Whether nvram_file_open() could have @path: nothing is made, and an empty file stays so. 0; or -errno after
 * one logged line.
 */
int nvram_file_try(const char *path);

/* [offset, offset + len) of @nv, inside it, has changed. A failure costs one line. */
void nvram_file_store(struct nvram_file *f, const struct nvram *nv, uint32_t offset, uint32_t len);
void nvram_file_close(struct nvram_file *f);

#endif
