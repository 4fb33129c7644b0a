/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/nvram.h"

#include <errno.h>
#include <stdlib.h>

int nvram_init(struct nvram *nv)
{
	struct nvram_range all = { 0, NVRAM_SIZE }, made;

	nv->bytes = calloc(1, NVRAM_SIZE);
	if (!nv->bytes)
		return -ENOMEM;
	nvram_put_header(nv, all, NVRAM_FREE, "", NVRAM_NAME_FREE);
	nvram_complete(nv, &made);
	return 0;
}

void nvram_close(struct nvram *nv)
{
	free(nv->bytes);
	nv->bytes = NULL;
}

uint8_t *nvram_at(const struct nvram *nv, uint32_t offset, uint32_t len)
{
	if (len > NVRAM_SIZE || offset > NVRAM_SIZE - len)
		return NULL;
	return nv->bytes + offset;
}
