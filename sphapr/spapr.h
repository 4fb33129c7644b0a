/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_SPAPR_H
#define SPHAPR_SPAPR_H

/*
 * struct spapr: the machine as the guest's PAPR sees it. The struct owns no thread, descriptor
 * or mapping, and asks the world through struct spapr_platform and its backends, so two of them live
 * in one test without sharing anything.
 *
 * The guest enters at two doors, hcall_dispatch() and phb_mmio(); the tree that the guest reads is
 * built by spapr_fdt_build(). All of that runs under the machine lock.
 */

#include "sphapr/cpu.h"
#include "sphapr/epow.h"
#include "sphapr/hcall.h"
#include "sphapr/intc.h"
#include "sphapr/mode.h"
#include "sphapr/nvram.h"
#include "sphapr/phb.h"
#include "sphapr/platform.h"
#include "sphapr/rtas.h"
#include "sphapr/vty.h"
#include "vmm/base/gmem.h"
#include "vmm/base/log_limit.h"

struct cas_offer;
struct cas_result;

#define SPAPR_MAX_PHBS 16
#define SPAPR_VTY_UNIT 0x71000000u /* reg of the vty */
#define SPAPR_NVRAM_UNIT 0x71000100u

/* Fixed before the guest starts. */
struct spapr_config {
	const char *name;   /* ibm,partition-name; borrowed */
	uint32_t ncores;    /* present: the tree shows them, and they can be started */
	uint32_t max_cores; /* possible, the present ones included: ranges count these */
	uint32_t threads;   /* of a core */
	uint32_t vsmt;      /* servers of a core, threads of them used: see spapr_server() */
	struct cpu_facts cpu;
	uint32_t hpt_order;       /* hash guests: log2 of the page table's bytes */
	uint32_t hash_page_shift; /* hash guests: log2 of their largest page's bytes */
	uint64_t rma_size;        /* bytes that real mode reaches; UINT64_MAX = all of RAM */
	uint32_t nnodes;          /* RAM and cores are spread over so many; 0: one node has all */
	const uint64_t *node_end; /* where the RAM of each ends, the last has the rest; borrowed */
	bool hwrng;               /* KVM answers H_RANDOM itself */
	bool rpt_invalidate;      /* KVM serves H_RPT_INVALIDATE */
	bool ail3;                /* AIL 3 may be set */
	uint32_t blob_rtas_size;  /* bytes of RTAS, where firmware of others boots; else 0 */
};

/* Where the boot loader put things, for /chosen and /rtas. */
struct spapr_boot {
	const char *bootargs;  /* NULL: firmware's client has set them */
	const char *boot_list; /* SLOF's, in place of all disks that it finds; NULL: none */
	gpa_t initrd_start, initrd_end; /* end exclusive; equal: none */
	/* The kernel that an image of firmware shall start; equal: none. */
	gpa_t kernel_start, kernel_end;
	bool kernel_le;
	gpa_t rtas_base; /* 0: not in RAM yet, firmware's client puts it there */
	uint32_t rtas_size;
	uint8_t rng_seed[32];
	/* Firmware runs: what the guest may choose from (cas.h), and has chosen. NULL: it has not. */
	const struct cas_offer *offer;
	const struct cas_result *chosen;
};

struct spapr {
	struct spapr_config cfg;
	struct spapr_mode mode; /* the owner: others borrow a pointer, or ask here */
	struct spapr_platform plat;
	const struct gmem *mem; /* borrowed */
	struct intc intc;
	struct vty vty;
	struct phb phbs[SPAPR_MAX_PHBS]; /* spapr_add_phb() fills them, before the tree is built */
	uint32_t nphbs;                  /* how many are present */
	struct log_limit said_no_window; /* at reboots */
	const struct hcall_desc *hcalls[HCALL_SLOTS]; /* by number, see hcall.h */
	struct nvram nvram;
	enum epow_state epow;
	uint32_t next_log_id;     /* of the logs of errlog.h; outlives a reboot */
	bool errinjct_open;       /* rtas_errinjct.c */
	struct cpu_mode cpu_mode; /* what H_SET_MODE made of all vCPUs */
	int64_t rtc_offset_ns;    /* guest's clock minus the host's; outlives a reboot */
	uint32_t caller;          /* server whose call is being answered */
	/* Calls that reached us, for who watches; they outlive a reboot. */
	uint64_t hcall_counts[HCALL_SLOTS]; /* of hcalls[] */
	uint64_t hcalls_unknown;
	uint64_t rtas_counts[RTAS_MAX_ROWS][RTAS_RESULTS]; /* by token */
};

/*
 * The owner of @sp has filled in cfg and mode, and zeroed the rest; @mem is borrowed; @plat is copied.
 * 0 or -errno. intc_init() comes after this.
 */
int spapr_init(struct spapr *sp, const struct spapr_platform *plat, const struct gmem *mem);

/* Claims the sources that every machine has (EPOW, the vty). After intc_init(). */
int spapr_claim_sources(struct spapr *sp);

/*
 * The controller is one of another kind, and has no source: those that were claimed are claimed again,
 * masked (intc_claim_again()), and the calls of its kind are found. 0 or -errno of the backend.
 */
int spapr_intc_changed(struct spapr *sp);

/* Enters the state of a partition reboot; clock offset and NVRAM stay. vCPUs must be stopped. */
int spapr_reset(struct spapr *sp);

/* Tolerates a half-built one. */
void spapr_close(struct spapr *sp);

/* The vCPUs that are present. */
static inline uint32_t spapr_nvcpus(const struct spapr *sp)
{
	return sp->cfg.ncores * sp->cfg.threads;
}

/* The vCPUs that there can ever be. */
static inline uint32_t spapr_max_vcpus(const struct spapr *sp)
{
	return sp->cfg.max_cores * sp->cfg.threads;
}

/* Server numbers, of possible vCPUs too, are below this. */
static inline uint32_t spapr_nservers(const struct spapr *sp)
{
	return sp->cfg.max_cores * sp->cfg.vsmt;
}

/* The server number (KVM vCPU id) of the @i-th vCPU. Good from cfg on, before spapr_init(). */
static inline uint32_t spapr_server(const struct spapr *sp, uint32_t i)
{
	return i / sp->cfg.threads * sp->cfg.vsmt + i % sp->cfg.threads;
}

/* Does a vCPU with this server number exist? */
static inline bool spapr_has_server(const struct spapr *sp, uint64_t server)
{
	return server / sp->cfg.vsmt < sp->cfg.ncores && server % sp->cfg.vsmt < sp->cfg.threads;
}

/**
 * spapr_fdt_build - the flattened tree
 * @out: a malloc'd blob for the caller to free, of *@size bytes
 * Return 0 or -errno.
 */
int spapr_fdt_build(const struct spapr *sp, const struct spapr_boot *boot, void **out,
		    size_t *size);

#endif
