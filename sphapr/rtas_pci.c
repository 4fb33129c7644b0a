/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration accesses. The address holds the register in two pieces: bits 0 to 7, and bits 8 to
 * 11 of it in bits 28 to 31. The old calls name no bus unit: they go to the first PHB.
 *
 * A missing function is no error (LoPAR wants it so): it reads as all ones. A missing bus unit is an
 * error. A function that cannot be reached now counts as missing (phb_reach).
 *
 * Source: LoPAR 2.8 "PCI Configuration Space", "ibm,read-pci-config", "ibm,write-pci-config".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define LOG_PREFIX "rtas"
#include "vmm/base/log.h"

static bool has_phb(const struct spapr *sp)
{
	return sp->nphbs > 0;
}

static struct pci_func *find_reachable(struct spapr *sp, struct phb *p, uint32_t config_addr)
{
	struct pci_func *f = p ? phb_find_func(p, config_addr) : NULL;

	return f && phb_reach(sp, p, f) ? f : NULL;
}

static uint32_t reg_of(uint32_t config_addr)
{
	return (config_addr & 0xff) | (config_addr >> 28) << 8;
}

/* @f may be NULL. */
static bool access_ok(const struct pci_func *f, uint32_t reg, uint32_t size)
{
	if ((size == 1 || size == 2 || size == 4) && reg % size == 0 &&
	    (!f || reg < f->config_size))
		return true;
	log_guest("%s: configuration access of %u bytes at 0x%x", f ? f->name : "pci", size, reg);
	return false;
}

static int32_t read_config(struct spapr *sp, struct phb *p, uint32_t config_addr, uint32_t size,
			   struct rtas_call *c)
{
	struct pci_func *f = find_reachable(sp, p, config_addr);
	uint32_t reg = reg_of(config_addr);

	c->rets[1] = UINT32_MAX;
	if (!p || !access_ok(f, reg, size))
		return RTAS_PARAMETER;
	c->rets[1] = f ? pci_func_config_read(f, reg, size) : UINT32_MAX >> (32 - 8 * size);
	return RTAS_OK;
}

static int32_t write_config(struct spapr *sp, struct phb *p, uint32_t config_addr, uint32_t size,
			    uint32_t value)
{
	struct pci_func *f = find_reachable(sp, p, config_addr);
	uint32_t reg = reg_of(config_addr);

	if (!p || !access_ok(f, reg, size))
		return RTAS_PARAMETER;
	if (!f)
		return RTAS_OK;
	f->changing = true;
	pci_func_config_write(f, reg, size, value);
	f->changing = false;
	return RTAS_OK;
}

static int32_t read_pci_config(struct spapr *sp, struct rtas_call *c)
{
	return read_config(sp, spapr_first_phb(sp), c->args[0], c->args[1], c);
}

static int32_t write_pci_config(struct spapr *sp, struct rtas_call *c)
{
	return write_config(sp, spapr_first_phb(sp), c->args[0], c->args[1], c->args[2]);
}

static int32_t ibm_read_pci_config(struct spapr *sp, struct rtas_call *c)
{
	const uint32_t *a = c->args;

	return read_config(sp, spapr_find_phb(sp, a[1], a[2]), a[0], a[3], c);
}

static int32_t ibm_write_pci_config(struct spapr *sp, struct rtas_call *c)
{
	const uint32_t *a = c->args;

	return write_config(sp, spapr_find_phb(sp, a[1], a[2]), a[0], a[3], a[4]);
}

const struct rtas_desc rtas_pci[] = {
	{ "read-pci-config", 2, 2, 2, read_pci_config, has_phb },
	{ "write-pci-config", 3, 1, 1, write_pci_config, has_phb },
	{ "ibm,read-pci-config", 4, 2, 2, ibm_read_pci_config, has_phb },
	{ "ibm,write-pci-config", 5, 1, 1, ibm_write_pci_config, has_phb },
	{ 0 },
};
