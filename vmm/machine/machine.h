/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_MACHINE_H
#define VMM_MACHINE_MACHINE_H

/*
 * The machine owns everything: RAM, the VM, its vCPUs, devices and descriptors. A machine is built in
 * phases, run once, and taken down in the one order that machine.c spells.
 *
 * Threads: one per vCPU (vmm/kvm/vcpu.c), and the caller of machine_run(), which is the I/O thread;
 * for each disk one where the host has io_uring, else four, which run system calls only
 * (devices/backend/block/pool.c); during a start with passed-through functions those that populate
 * guest RAM (vmm/machine/populate.c); one that waits for the signals to end, and ends the program
 * where the others cannot (vmm/machine/signals.c); with sandbox.mode = "log" one beside each
 * (vmm/machine/sandbox_report.c). The machine lock is held by a vCPU thread outside KVM_RUN and by the
 * I/O thread in its callbacks.
 */

#include "vmm/machine/options.h"

/* What main returns to its caller. */
enum exit_status {
	STATUS_OFF = 0,      /* the guest powered off */
	STATUS_INTERNAL = 1, /* our own error */
	STATUS_USAGE = 2,    /* bad command line or configuration */
	STATUS_HOST = 3,     /* this host cannot run it */
	STATUS_CRASH = 4,    /* the guest crashed */
	STATUS_REBOOT = 5,   /* the guest asked for a reboot and on_reboot is "exit" */
};

struct machine;
struct stop; /* vmm/machine/stop.h */

/**
 * machine_create - everything up to, not including, the first guest instruction
 * @out: set on success; NULL otherwise, and when a signal asked for the end meanwhile (signals.h)
 * Return STATUS_OFF; or the status that says whose fault it was, after one logged line, with
 * nothing left behind.
 */
enum exit_status machine_create(struct machine **out, const struct options *opt);

/* Run the guest to its end, reboots included. */
enum exit_status machine_run(struct machine *m);

/* Where one asks for the guest's end; good until machine_destroy(). */
struct stop *machine_stop(struct machine *m);

/* NULL is fine. */
void machine_destroy(struct machine *m);

/**
 * machine_dump_dtb - write the tree that the guest would get to @path ("-" is standard output)
 * On a host that is not POWER the tree is that of a POWER9 host, and a warning says so.
 */
enum exit_status machine_dump_dtb(const struct options *opt, const char *path);

/* `spapr-vmm check`: can this host run such a guest? Prints findings, see check_out.h. @opt may be NULL. */
enum exit_status machine_check(const struct options *opt, bool json);

#endif
