/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/cas.h"

#include "sphapr/cpu.h"

#include <errno.h>
#include <string.h>

/* ---- the client's words ---- */

static int read_pvrs(const struct gmem *g, gpa_t *at, struct cas_ask *ask)
{
	uint32_t mask, value;
	uint8_t pair[8];

	for (ask->npvrs = 0; ask->npvrs < CAS_MAX_PVRS; *at += sizeof(pair)) {
		if (gmem_read(g, *at, pair, sizeof(pair)) < 0)
			return -EFAULT;
		mask = be32_load(pair);
		value = be32_load(pair + 4);
		ask->pvrs[ask->npvrs].mask = mask;
		ask->pvrs[ask->npvrs].value = value;
		ask->npvrs++;
		if (~mask & value) { /* the last one */
			*at += sizeof(pair);
			return 0;
		}
	}
	return -E2BIG;
}

/* A byte that is the number of what follows, less one. */
static int read_count(const struct gmem *g, gpa_t *at, uint32_t *n)
{
	uint8_t byte;

	if (gmem_read(g, *at, &byte, 1) < 0)
		return -EFAULT;
	*at += 1;
	*n = byte + 1U;
	return 0;
}

int cas_read(const struct gmem *g, gpa_t at, struct cas_ask *ask)
{
	uint32_t nvectors = 0, len = 0, kept;
	int r;

	memset(ask, 0, sizeof(*ask));
	if (at > UINT32_MAX) /* so no sum below can wrap */
		return -EFAULT;
	r = read_pvrs(g, &at, ask);
	if (r == 0)
		r = read_count(g, &at, &nvectors);
	for (uint32_t n = 1; r == 0 && n <= nvectors && n <= CAS_VECTORS; n++, at += len) {
		r = read_count(g, &at, &len);
		if (r < 0)
			break;
		kept = len < CAS_VECTOR_BYTES ? len : CAS_VECTOR_BYTES - 1;
		r = gmem_read(g, at, &ask->vec[n][1], kept);
	}
	return r;
}

/* ---- the choice ---- */

static bool matches(const struct cas_ask *ask, uint32_t version)
{
	for (uint32_t i = 0; i < ask->npvrs; i++)
		if ((version & ask->pvrs[i].mask) == (ask->pvrs[i].value & ask->pvrs[i].mask))
			return true;
	return false;
}

/* The processor itself, if the client knows that one; else the newest level that both know. */
static int choose_version(const struct cas_offer *offer, const struct cas_ask *ask,
			  uint32_t *version)
{
	const struct cpu_model *m = cpu_model_by_version(offer->version);

	*version = offer->version;
	if (!cpu_is_mode(offer->version) && matches(ask, offer->pvr))
		return 0;
	for (; m; m = cpu_model_before(m)) {
		*version = m->logical_pvr;
		if (matches(ask, *version))
			return 0;
	}
	return -ENOTSUP;
}

static int choose_mmu(const struct cas_offer *offer, uint8_t asked, struct cas_result *out)
{
	out->mode.radix = asked == OV5_RADIX && offer->radix;
	if (out->mode.radix || offer->hash)
		return 0;
	out->why = "its kernel knows no radix MMU: use machine.mmu = \"hash\" where the host's KVM "
		   "has it, or a newer kernel";
	return -ENOTSUP;
}

static int choose_intc(const struct cas_offer *offer, uint8_t asked, struct cas_result *out)
{
	bool xive = asked == OV5_XIVE && offer->xive;

	out->mode.intc = xive ? INTC_XIVE : INTC_XICS;
	if (xive || offer->xics)
		return 0;
	out->why = "its kernel does not use XIVE: use machine.irqchip = \"xics\"";
	return -ENOTSUP;
}

static void answer_vec5(const uint8_t *asked, struct cas_result *out)
{
	cas_vec5_unasked(&out->mode, out->vec5);
	out->vec5[OV5_PARTITION] &= asked[OV5_PARTITION];
	out->vec5[OV5_AFFINITY] &= asked[OV5_AFFINITY];
	out->vec5[OV5_RADIX_EXT] &= asked[OV5_RADIX_EXT];
}

int cas_decide(const struct cas_offer *offer, const struct cas_ask *ask, struct cas_result *out)
{
	static const uint8_t absent[CAS_VECTOR_BYTES];
	const uint8_t *v = ask->vec[5][OV5_FLAGS] & OV5_IGNORE ? absent : ask->vec[5];
	uint8_t mmu = v[OV5_MMU] & OV5_CHOICE, intc = v[OV5_INTC] & OV5_CHOICE;
	uint32_t most = be32_load(v + OV5_MAX_CORES);
	int r;

	*out = (struct cas_result){ 0 };
	if (mmu & OV5_EITHER || intc & OV5_EITHER) {
		out->why = "its option vector 5 chooses no MMU or no interrupt controller";
		return -EINVAL;
	}
	if (most && offer->ncores > most) {
		out->why = "its kernel is for fewer processor cores: lower machine.vcpus";
		return -ENOTSUP;
	}
	r = choose_version(offer, ask, &out->version);
	if (r < 0)
		out->why = "its kernel does not know this host's processor, "
			   "nor an older one that the host can be: use a newer kernel";
	if (r == 0)
		r = choose_mmu(offer, mmu, out);
	if (r == 0)
		r = choose_intc(offer, intc, out);
	if (r == 0)
		answer_vec5(v, out);
	return r;
}

void cas_vec5_unasked(const struct spapr_mode *mode, uint8_t vec5[OV5_BYTES])
{
	memset(vec5, 0, OV5_BYTES);
	vec5[0] = OV5_BYTES - 2; /* bytes of the vector, less one */
	vec5[OV5_PARTITION] = OV5_LPAR | OV5_SPLPAR | OV5_MSI;
	vec5[OV5_AFFINITY] = OV5_FORM1;
	if (mode->intc == INTC_XIVE)
		vec5[OV5_INTC] = OV5_XIVE;
	if (mode->radix) {
		vec5[OV5_MMU] = OV5_RADIX;
		vec5[OV5_RADIX_EXT] = OV5_GTSE;
	}
}

static uint8_t support(bool first, bool second, uint8_t bit)
{
	return first && second ? OV5_EITHER : first ? bit : 0;
}

size_t cas_support(const struct cas_offer *offer, uint8_t out[CAS_SUPPORT_BYTES])
{
	const uint8_t pairs[CAS_SUPPORT_BYTES] = {
		OV5_INTC,      support(offer->xive, offer->xics, OV5_XIVE),
		OV5_MMU,       support(offer->radix, offer->hash, OV5_RADIX),
		OV5_MMU + 1,   0, /* no extension of hash */
		OV5_RADIX_EXT, offer->radix ? OV5_GTSE : 0,
	};

	memcpy(out, pairs, sizeof(pairs));
	return sizeof(pairs);
}
