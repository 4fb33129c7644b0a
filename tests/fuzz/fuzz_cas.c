/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ibm,client-architecture-support from bytes: the input is what the client has in memory, up to the end
 * of RAM. Beyond the sanitizers' checks: what is chosen was offered, or there is a reason.
 */
#include "sphapr/cas.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/sphapr/cas_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint8_t how = byte(&in);
	struct cas_offer offer = {
		.radix = how & 1 || !(how & 2),
		.hash = how & 2,
		.xive = how & 4 || !(how & 8),
		.xics = how & 8,
		.pvr = how & 16 ? 0x00800200 : 0x004e1202,
		.ncores = 4,
	};
	size_t n = (size_t)(in.end - in.p);
	uint8_t *ram = malloc(n + 1); /* exactly as long as RAM is, so that a byte more is seen */
	struct gmem mem = { 0 };
	struct cas_result got;
	struct cas_ask ask;
	int r;

	offer.version = how & 32 ? 0x0f000005 : offer.pvr;
	if (!ram || n == 0 || gmem_add(&mem, 0, n, ram) < 0) {
		free(ram);
		return 0;
	}
	memcpy(ram, in.p, n);
	r = cas_read(&mem, 0, &ask);
	if (r == 0) {
		must(ask.npvrs > 0 && ask.npvrs <= CAS_MAX_PVRS);
		r = cas_decide(&offer, &ask, &got);
		must(r == 0 || got.why);
	}
	if (r == 0) {
		must(got.mode.radix ? offer.radix : offer.hash);
		must(got.mode.intc == INTC_XIVE ? offer.xive : offer.xics);
		must(got.version >> 24 == 0x0f || got.version == offer.pvr);
		must(got.vec5[0] == OV5_BYTES - 2);
	}
	free(ram);
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	struct words w;

	switch (index) {
	case 0:
		words_linux(&w, 0x0f000007, 0x40, 0x40);
		break;
	case 1:
		words_linux(&w, 0x0f000005, 0, 0);
		break;
	case 2:
		words_grub(&w);
		break;
	case 3:
		words_freebsd(&w, 0x40);
		break;
	default:
		return 0;
	}
	if (max < w.len + 1)
		return 0;
	out[0] = 0xff;
	memcpy(out + 1, w.b, w.len);
	return w.len + 1;
}
