/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_POWER_ON_H
#define VMM_MACHINE_POWER_ON_H

/*
 * From files to the first instruction: what is in guest RAM at power-on, and the vCPU that begins
 * there. Made by the first boot, and anew by every reboot in place, in the order of these
 * functions.
 */

#include "firmware/boot.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/choices.h"
#include "vmm/machine/firmware.h"
#include "vmm/machine/options.h"

struct power_on {
	struct boot_files files; /* open for good: a sandbox opens none */
	struct image_file
		blob; /* fd -1, or firmware of others, which begins in place of a kernel */
	struct boot_plan plan;
	struct firmware
		*firmware; /* borrowed, open before the rest; NULL: a kernel is started without */
	struct machine_cas
		*cas; /* borrowed; NULL: there is no firmware by which the guest could choose */
	bool bare;    /* the kernel is a bare program, and nothing runs before it */
	char boot_list[96]; /* a blob's; "": it looks for itself */
	void *fdt;          /* owned: the tree, until it is in guest RAM */
	bool keeps_fdt;     /* and after that: who asks for it is shown it */
	size_t fdt_size;
};

/* Those with an int return 0 or -errno, logged but for power_on_start(). */

/* @firmware, @cas: borrowed, where the options want them. */
void power_on_init(struct power_on *p, const struct opt_boot *opt, struct firmware *firmware,
		   struct machine_cas *cas);

/* Firmware that is a file, kernel and initrd, once: those that the options name, as they are. */
int power_on_open(struct power_on *p, const struct opt_boot *opt);

/*
 * Who will begin in the guest, for those who ask before there is one. A kernel that cannot be opened counts as
 * Linux, and nothing is said: power_on_open() does.
 */
struct guest_kind power_on_kind(const struct opt_boot *opt);

/*
 * A packed kernel, for a guest of @ram bytes, before anybody asks who will begin in it: what is packed in it says
 * that. -ECANCELED, with nothing logged: a signal asked for the end meanwhile.
 */
int power_on_unpack(struct power_on *p, uint64_t ram);

/* The images, into zeroed RAM; the plan says where. */
int power_on_load(struct power_on *p, const struct gmem *mem, const struct spapr *sp);
int power_on_build_tree(struct power_on *p, const struct spapr *sp, const char *cmdline);

/*
 * ibm,client-architecture-support of a blob's client, with its words at @vec: machine_cas_call(), then
 * the tree of what the machine is now, of *@size bytes, malloc'd. Without memory for it the machine stops.
 */
int power_on_cas(struct power_on *p, const struct spapr *sp, gpa_t vec, void **fdt, size_t *size);

/* The tree into a file; "-" is standard output. */
int power_on_write_tree(const struct power_on *p, const char *path);
int power_on_place_tree(struct power_on *p, const struct gmem *mem);
int power_on_start(const struct power_on *p, const struct spapr *sp, struct vcpus *cpus);

/*
 * The tree that the guest has, of *@size bytes: firmware's as it is now, else as it was placed. NULL: it
 * was not kept. Borrowed, until the guest runs again.
 */
const void *power_on_tree(const struct power_on *p, size_t *size);

/* The files, and a tree that was not placed. */
void power_on_close(struct power_on *p);

#endif
