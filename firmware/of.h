/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_OF_H
#define FIRMWARE_OF_H

/*
 * The client interface of Open Firmware, for boot programs (GRUB, FreeBSD's loader) and for kernels
 * that are started so, as Linux can be. A client finds its entry in r5. What is there are a few
 * instructions (of_entry.c) that make a hypercall of each call, with the address of a block: the
 * service's name, counts, arguments, room for results. All of it is a guest's: a service looks at a
 * copy and answers by a status, and limits hold what it may keep.
 *
 * of.c         dispatch: a service is a row beside its function
 * of_tree.c    nodes and properties;  of_nodes.c the firmware's own;  of_props.c services on them
 * of_claim.c   memory;  of_open.c consoles, disks, and what else may be opened
 * of_method.c  call-method and interpret
 *
 * The interface stays open when the kernel has long been running, to all of its processors: one call is
 * answered at a time, under the machine lock, which disks and the console give up while they wait.
 *
 * Source: IEEE 1275-1994, "Client interface"; its binding to PowerPC; LoPAR 2.8, "PAPR Binding".
 */

#include "firmware/disk.h"
#include "firmware/of_claim.h"
#include "firmware/of_tree.h"
#include "vmm/base/gmem.h"

#define OF_MAX_CELLS 24        /* arguments and results of a call */
#define OF_FILES_MAX 64        /* that may be open at a time */
#define OF_SERVICE_MAX 64      /* bytes of a service's or method's name, the NUL included */
#define OF_PIECE_MAX (1 * MiB) /* that a disk moves at a time */
#define OF_MOVE_MAX (64 * MiB) /* that a read or write moves: a call ends, whatever it asks for */
#define OF_OPTION_MAX 2048     /* bytes of a setting's value, the NUL included */
#define OF_BOOTARGS_MAX 2048

/* ---- of_entry.c: what lies in guest memory below OF_CLAIM_FIRST ---- */
#define OF_ENTRY 0x3000u  /* r5 of a client */
#define OF_STACK 0x1ffe0u /* its r1: 64 KiB, less a frame */

/*
 * Entry and vectors into zeroed guest RAM. A vector says by a hypercall that the client has come to
 * grief, until a kernel puts its own there. 0; -EFAULT: there is no RAM.
 */
int of_entry_write(const struct gmem *g);

enum of_end {
	OF_END_EXIT, /* the client gives up */
	OF_END_OFF,  /* power off */
	OF_END_REBOOT,
};

/* Is told of a setting: two texts, which are good during the call. */
typedef void of_option_fn(void *arg, const char *name, const char *value);

/* What firmware asks of its surroundings. Called with the machine lock held, from of_call(). */
struct of_env {
	void *ctx;
	const struct gmem *mem;
	/* As long as the struct of lives; read and write may give up the lock. open looks at sizes. */
	struct fw_disk *disks;
	uint32_t ndisks;
	/* Characters of the console; each returns how many it moved. read may wait for a moment. */
	uint32_t (*console_read)(void *ctx, uint8_t *buf, uint32_t len);
	uint32_t (*console_write)(void *ctx, const uint8_t *buf, uint32_t len);
	uint64_t (*now_ns)(void *ctx); /* monotonic */
	void (*end)(void *ctx, enum of_end why);
	/* ibm,client-architecture-support: of the vectors at @vec. 0, else what the client is told. NULL: none. */
	uint32_t (*cas)(void *ctx, gpa_t vec);
	/* Settings that outlive a reboot, properties of /options: @each of them; one that the client sets. NULL: none. */
	void (*options)(void *ctx, of_option_fn *each, void *arg);
	int (*set_option)(void *ctx, const char *name, const char *value); /* 0 or -errno */
};

enum of_kind {
	OF_FREE,
	OF_NODE, /* only good for its handle and its methods */
	OF_MEMORY,
	OF_CONSOLE,
	OF_DISK,
};

struct of_file {
	enum of_kind kind;
	bool fixed; /* of /chosen: cannot be closed */
	uint32_t handle, node;
	const struct fw_disk *disk;
	uint64_t base, size,
		pos; /* bytes: where it begins on the disk, how much there is; pos is in it */
};

struct of {
	struct of_env env;
	struct of_tree tree;
	struct of_claims claims;
	struct of_file files[OF_FILES_MAX];
	uint32_t next_handle;
	uint8_t available[16 *
			  OF_AVAILABLE_MAX]; /* the property of that name, as it is asked for */
	char bootpath[OF_PATH_MAX], bootargs[OF_BOOTARGS_MAX];
	bool has_bootargs; /* else those of the core's tree stay */
	bool busy;         /* a call is being answered, perhaps without the lock */
};

/* How a client is started. */
struct of_start {
	void *fdt;        /* the core's tree, malloc'd; owned by the struct of from here on */
	uint64_t ram_end; /* exclusive: what real mode reaches */
	const char *bootpath, *bootargs; /* of /chosen; bootargs NULL: as the core's tree says */
	struct of_range taken[2];        /* the program, an initrd; empty: none */
};

/**
 * of_init - power-on state, the first time and at each reboot: @of is zeroed then, or of_free()d
 * Return 0; -EINVAL, -ENOMEM, -ENOSPC. of_free() in every case.
 */
int of_init(struct of *of, const struct of_env *env, const struct of_start *start);
void of_free(struct of *of);

/**
 * of_call - answer one call of a client
 * @block: address of its block; the upper half is not looked at
 * Return what goes into r3: 0; or -1, there is no such service, or the block is none.
 */
int64_t of_call(struct of *of, gpa_t block);

/**
 * of_tree_replace - another tree under a running client
 * @fdt: malloc'd; owned from here on. Handles, what the client has set, and what it opened stay.
 * Return 0; -EINVAL, -ENOMEM: then the old one stays.
 */
int of_tree_replace(struct of *of, void *fdt);

#endif
