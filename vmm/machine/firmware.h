/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_FIRMWARE_H
#define VMM_MACHINE_FIRMWARE_H

/*
 * The machine's firmware: the client interface (firmware/of.h) with this machine's disks, console and
 * tree behind it. Only a guest that begins in it has one: without it nothing here is opened or
 * allocated, and the client's hypercall does not exist.
 */

#include "firmware/boot.h"
#include "firmware/of.h"
#include "sphapr/spapr.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/cas.h"
#include "vmm/machine/emulated.h"
#include "vmm/machine/options.h"
#include "vmm/machine/stop.h"

#include <string.h>

/* What the machine lends. */
struct firmware_env {
	const struct opt_boot *opt;
	const struct gmem *mem;
	struct spapr *sp;
	struct machine_cas *cas;
	struct emulated *emu;
	struct vcpus *cpus;
	struct stop *stop;
};

/* A disk, behind its struct fw_disk. */
struct firmware_disk {
	struct firmware *f;
	struct block *block;
	struct log_limit said;      /* of what a client's open() finds */
	struct log_limit said_boot; /* of what the boot finds: no client uses that up */
	bool has_nothing;           /* to boot: the last load found so */
};

struct firmware {
	struct firmware_env env;
	struct of *of; /* NULL: not open */
	struct fw_disk *disks;
	struct firmware_disk *behind; /* of disks[i] */
	uint32_t ndisks;
	uint32_t booted,
		next; /* disks: the last one that had its turn; where the next load begins */
	struct fw_client client; /* what was loaded last */
	bool has_run;            /* a disk has booted: what follows is the guest's doing */
	/* That a program gave up; which disk boots; about NVRAM's arguments. */
	struct log_limit said_next, said_boots, said_args;
	const struct boot_plan *kernel; /* borrowed: where a named kernel is; NULL: a disk boots */
};

/* Does it begin in firmware that is no part of this program? */
static inline bool firmware_is_blob(const struct opt_boot *opt)
{
	return opt->firmware && strcmp(opt->firmware, OPT_FIRMWARE_BUILTIN) != 0;
}

/* Does a guest with these options begin in firmware of ours? */
static inline bool firmware_wanted(const struct opt_boot *opt)
{
	return opt->firmware ? !firmware_is_blob(opt) : !opt->kernel;
}

/*
 * Is the life that follows that of the next disk, as the boot program of this one gave up? Then it is no
 * reboot that the guest asked for.
 */
static inline bool firmware_tries_next(const struct firmware *f)
{
	return f->next > 0;
}

/* All return 0 or -errno, logged. firmware_close() in every case. */

/* firmware_disk.c: f->disks, of the emulated devices; of firmware_open(). */
int firmware_open_disks(struct firmware *f);

/* firmware_options.c: settings in NVRAM, for struct of_env; @ctx is the firmware. */
void firmware_options(void *ctx, of_option_fn *each, void *arg);
int firmware_set_option(void *ctx, const char *name, const char *value);

/* A kernel's arguments: @own, and behind them NVRAM's kernel-bootargs. Made in @buf, or @own as it is. */
const char *firmware_bootargs(struct firmware *f, const char *own, char buf[OF_BOOTARGS_MAX]);

/* firmware_disk.c: disk @i as the boot sees it: of its size now, and with lines of its own in the log. */
struct fw_disk firmware_disk_to_boot(const struct firmware *f, uint32_t i);

/*
 * firmware_boot.c, of firmware_load(): the program of the first disk that boots, from f->next on, into
 * RAM below @limit.
 */
int firmware_load_disk(struct firmware *f, gpa_t limit);

/* The emulated devices are open. @env: copied, what it points to outlives @f. */
int firmware_open(struct firmware *f, const struct firmware_env *env);

/*
 * The client and its interface into RAM, which is zero but for @kernel: a named kernel that was loaded
 * there, borrowed; NULL: the program of the first disk that has one. Where there is none any more, as
 * the guest has spoilt its disks, a stop of STOP_CRASH was requested.
 */
int firmware_load(struct firmware *f, const struct boot_plan *kernel);

/* The core's tree, of what the guest has chosen so far: malloc'd, for the caller to free. */
int firmware_build_tree(struct firmware *f, void **fdt, size_t *size);

/* The flat tree that the client's was made of, borrowed; NULL: none yet. */
const void *firmware_tree(const struct firmware *f, size_t *size);

/* Power-on state of the client interface. @fdt: owned from here on. */
int firmware_reset(struct firmware *f, void *fdt);

/* How vCPU 0 begins. */
struct vcpu_entry firmware_entry(const struct firmware *f);

/* struct spapr_platform's client_call. */
int64_t firmware_call(struct firmware *f, gpa_t block);

void firmware_close(struct firmware *f);

#endif
