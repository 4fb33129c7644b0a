/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_SYS_H
#define TESTS_FAKE_SYS_H

/*
 * The kernel as a test likes it: the body of vmm/base/sys.h that unit tests link. The fake plays
 * /dev/kvm and all that hangs on it as a small state machine of descriptors, as strict as the real
 * one, and serves a POWER host's /proc/device-tree and huge page counts. Ordinary files, eventfds,
 * epoll, timers and anonymous memory are the real kernel's; they are only counted.
 *
 *	fake_reset();                                   a POWER9 host with 64K pages
 *	fake_host(FAKE_P9_4K);                          another one
 *	fake_set_cap(KVM_CAP_IRQ_XICS, 0);              with a kernel that lacks something
 *	fake_fail_nth(7, -ENOMEM);                      the seventh call fails
 *	cr_assert(lt(int, fake_at("close vcpu 0"), fake_at("close vm")));
 *
 * What guests do is in guest.h. All of it may be used from any thread.
 *
 *	sys.c, sys_*.c  the seam                          calls.c  log, injected failures
 *	host.c      hosts and their capabilities          served.c their files, huge pages
 *	maps.c      which addresses are mapped            real.c   the real bodies of the seam
 *	kvm_vm.c    /dev/kvm, the VM                      kvm_facts.c   what it tells of the CPU
 *	kvm_calls.c what KVM is asked to serve
 *	kvm_cpu.c, kvm_regs.c   a vCPU                    kvm_run.c     KVM_RUN
 *	kvm_dev.c   devices by type                       kvm_xics.c, kvm_xive.c  controllers
 *
 * VFIO is vfio.h and vfio_*.c. One more kind of descriptor is one more file with a struct fake_ops,
 * and a row in openers[] of sys.c or in types[] of kvm_dev.c.
 */

#include "vmm/base/sys.h"

#include <stdio.h>

enum fake_host_id {
	FAKE_P9_64K,    /* POWER9, bare metal, 64K pages: XIVE and XICS */
	FAKE_P9_4K,     /* the same with 4K pages: XIVE cannot be mapped */
	FAKE_P10_64K,   /* POWER10 */
	FAKE_L1,        /* a guest that runs guests: radix only, no XIVE */
	FAKE_L1_COMPAT, /* the same, in POWER9 mode on POWER10 */
	FAKE_HASH,      /* POWER9 booted with disable_radix */
	FAKE_NO_HV,     /* /dev/kvm is there, kvm_hv is not loaded */
	FAKE_NO_KVM,    /* no /dev/kvm */
	FAKE_NOT_POWER, /* no PowerPC cpu nodes either */
};

/* Forget everything and be FAKE_P9_64K. Whatever was open must have been closed: aborts if not. */
void fake_reset(void);
void fake_host(enum fake_host_id id);

/* What KVM_CHECK_EXTENSION says; 0 also makes the feature fail when it is used all the same. */
void fake_set_cap(uint32_t cap, int value);
int fake_cap(uint32_t cap);

/* The CPU in KVM_GET_SREGS. */
void fake_set_pvr(uint32_t pvr);

/* RLIMIT_MEMLOCK in bytes; UINT64_MAX: none. */
void fake_set_memlock(uint64_t bytes);

/* open("/dev/kvm") answers @err (< 0); 0: as the host would. */
void fake_set_kvm_open(int err);

/* KVM_GET_API_VERSION; 0: the right one. */
void fake_set_api_version(int version);

/* A file with these bytes, in front of the real file system; NULL takes it away. */
void fake_serve(const char *path, const void *data, size_t len);

/* @n free huge pages of @page bytes; MAP_HUGETLB takes from them. */
void fake_set_huge_pages(uint64_t page, uint64_t n);
/* So many of the free ones are others', who have not touched them: Linux counts these as free. */
void fake_reserve_huge_pages(uint64_t page, uint64_t n);

/*
 * Rights that are given up are only logged, as the test has to go on: fake_reset() sets this.
 * Otherwise the real kernel takes them.
 */
extern bool fake_keeps_rights;
extern int fake_landlock; /* version of the made-up kernel's, or -errno; fake_reset() makes it 6 */

/* ---- failures ---- */

/* The @n-th call from now on that can fail fails with @err; 0: none does. */
void fake_fail_nth(unsigned int n, int err);
bool fake_has_failed(void);         /* a call was made to fail */
const char *fake_failed_call(void); /* what its log line begins with; "" when none did */

/*
 * Every call whose log line, without its details, would begin with @what fails with @err; NULL: none
 * does. Aborts when nobody called what was to fail until now: such a test could not fail.
 */
void fake_fail_all(const char *what, int err);
void fake_fail_after(unsigned int n, const char *what, int err); /* the first @n do not */

/* ---- what happened ---- */

/* How many calls that can fail there were since fake_reset(). */
unsigned int fake_calls(void);

/*
 * Position of the first (last) line that begins with @what, whole words; -1: none. Lines look like
 *
 *	open /dev/kvm = 3            close vm = 0                 munmap vcpu 0 = 0
 *	KVM_CREATE_VCPU vm 0 = 5     KVM_ENABLE_CAP vcpu 0 68 = 0
 *	KVM_RUN vcpu 0 = -4          KVM_SET_DEVICE_ATTR xive 3:0x1000 = 0
 */
int fake_at(const char *what);
int fake_last_at(const char *what);
int fake_count(const char *what); /* of such lines */

int fake_open_fds(void);    /* opened through the seam and not closed */
int fake_mappings(void);    /* ranges mapped through the seam and not unmapped */
uint64_t fake_mapped(void); /* their bytes */

/* ---- the state of KVM; 0 or NULL answers when there is no such thing ---- */

/* Is source @lisn of the controller there; is its line up or an edge pending? */
bool fake_has_source(uint32_t lisn);
bool fake_source_is_pending(uint32_t lisn);

/* Bytes of guest memory by the VM's slots; NULL: not all of it is in one. */
void *fake_guest_memory(gpa_t gpa, uint64_t len);

/* A one-reg of vCPU @server as KVM would tell it; 0 when it is not there. */
uint64_t fake_one_reg(uint32_t server, uint64_t id);

/* What KVM_PPC_CONFIGURE_V3_MMU was given last. */
uint64_t fake_process_table(void);

/* log2 of the bytes of the hash table that KVM_PPC_ALLOCATE_HTAB made; 0: none. */
uint32_t fake_htab_order(void);

bool fake_hcall_is_enabled(uint32_t nr);
uint32_t fake_rtas_token(const char *name); /* told to KVM; 0: not */

/*
 * MADV_POPULATE_WRITE really gives memory; else it only succeeds, and fake_fail_nth() does not count
 * what threads of their own call.
 */
extern bool fake_populates;

#endif
