/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_OPTIONS_H
#define VMM_MACHINE_OPTIONS_H

/*
 * The guest's configuration as plain fields. options_keys.c holds the key tables (parser, range
 * check, --help and --print-config all read those); options.c fills this struct by them.
 */

#include "devices/device.h"
#include "vfio/reset.h"
#include "vmm/base/types.h"
#include "vmm/conf/conf.h"

#include <stdio.h>

enum opt_mmu { OPT_MMU_AUTO, OPT_MMU_RADIX, OPT_MMU_HASH };
enum opt_irqchip { OPT_IRQCHIP_AUTO, OPT_IRQCHIP_XIVE, OPT_IRQCHIP_XICS };
enum opt_cpu { OPT_CPU_HOST, OPT_CPU_POWER9, OPT_CPU_POWER10, OPT_CPU_POWER11 };
enum opt_tce { OPT_TCE_CHECKED, OPT_TCE_KERNEL };
enum opt_reboot { OPT_REBOOT_RESTART, OPT_REBOOT_EXIT };
enum opt_bind { OPT_BIND_AUTO, OPT_BIND_MANUAL };
enum opt_sandbox_mode { OPT_SANDBOX_ON, OPT_SANDBOX_LOG, OPT_SANDBOX_OFF };
enum opt_start { OPT_START_RUNNING, OPT_START_PAUSED };
enum opt_unbind { OPT_UNBIND_STOP, OPT_UNBIND_IGNORE };

#define OPT_HUGE_AUTO UINT64_MAX /* huge pages when the host has enough of them free */

#define OPT_HOST_CPU_MAX 4095
#define OPT_HOST_NODE_MAX 1023
#define OPT_NODE_UNIT (16 * MiB) /* of RAM, what Linux on POWER knows the node of */

struct opt_machine {
	uint64_t memory; /* bytes */
	uint64_t vcpus;
	uint64_t threads_per_core; /* 1, 2, 4, 8 */
	enum opt_mmu mmu;
	enum opt_irqchip irqchip;
	enum opt_cpu cpu;
	uint64_t huge_pages; /* bytes of one page, 0 = off, OPT_HUGE_AUTO */
	enum opt_tce tce;
	enum opt_reboot on_reboot;
	char **cpus; /* of each vCPU: host CPUs, as "8" or "8,9"; none: anywhere */
	size_t ncpus;
	char **numa; /* host nodes */
	size_t nnuma;
	char **numa_memory; /* bytes of each, a number in digits; none: equal shares */
	size_t nnuma_memory;
};

struct opt_boot {
	char *kernel; /* NULL: a disk boots; paths are resolved against the configuration's folder */
	char *initrd;  /* NULL: none */
	char *cmdline; /* with what service.ready adds; NULL: no kernel, and none was given */
	char *device;  /* "disk0", of those that there are; NULL: the first that can */
	char *firmware; /* "builtin", as also where a disk boots, a path; NULL: none before the kernel */
};

#define OPT_FIRMWARE_BUILTIN "builtin"
#define OPT_CMDLINE_MAX 2047u /* Linux on powerpc has room for 2048, with the final NUL */

struct opt_nvram {
	char *path; /* NULL: it lasts as long as the program */
};

struct opt_console {
	char *backend;     /* stdio, pty, file:PATH, unix:PATH, none; PATH resolved */
	char *log;         /* NULL: none */
	uint64_t log_rate; /* bytes a second; 0: any */
	uint64_t log_size; /* bytes; 0: any */
};

struct opt_service {
	char *ready; /* started, console, console:TEXT, notify */
};

#define OPT_READY_NOTIFY "notify"

struct opt_vfio {
	char *host; /* dddd:bb:dd.f, lower case as in sysfs */
	enum opt_bind bind;
	enum opt_unbind on_unbind;
	bool ddw;
	bool force; /* take it even if the host uses it */
	enum vfio_reset reset;
};

struct opt_sandbox {
	enum opt_sandbox_mode mode;
	char *user; /* name or number; NULL: who starts it */
};

struct opt_api {
	char *socket; /* a path, resolved, or fd:NAME; NULL: nobody is to ask */
	char *mode;   /* of the file: octal */
	char *group;  /* of the file, name or number; NULL: who starts it */
	enum opt_start start;
};

/* The tables of one device model's section: n structs of model->conf_size bytes. */
struct opt_devices {
	void *confs;
	size_t n;
};

struct opt_events {
	char *path; /* NULL: none */
};

struct opt_metrics {
	char *path;        /* NULL: none */
	uint64_t interval; /* seconds */
};

struct options {
	struct opt_machine machine;
	struct opt_boot boot;
	struct opt_nvram nvram;
	struct opt_console console;
	struct opt_sandbox sandbox;
	struct opt_service service;
	struct opt_api api;
	struct opt_events events;
	struct opt_metrics metrics;
	struct opt_vfio *vfio;
	size_t nvfio;
	struct opt_devices devices[DEVICE_MODELS_MAX]; /* as device_models[] */

	/* Not of a section: the configuration's name; --timeline. Borrowed; the last may be NULL. */
	const char *file;
	const char *timeline;
	bool dry; /* nothing is to run: the guest's NVRAM is looked at, and not made */
};

/*
 * The key tables, ending with { 0 }: what options_load(), options_print() and --help go by. The
 * machine's own are followed by those of the device models.
 */
const struct conf_section *options_sections(void);

/* The @i-th table of model number @model. */
static inline const void *options_device(const struct options *opt, size_t model, size_t i)
{
	return (const char *)opt->devices[model].confs + i * device_models[model]->conf_size;
}

/* The guest's address, of [vsock]; 0: it has none. */
uint32_t options_guest_cid(const struct options *opt);

/* Does the guest's own service manager say when it is ready? Then it has an address. */
bool options_guest_notifies(const struct options *opt);

/**
 * options_load - read, override, check
 * @path: the TOML file
 * @sets: @nsets overrides "dotted.path=VALUE"; their relative paths start at the current folder
 * Everything that needs no look at the host is checked here; that a named file exists, too.
 * Return 0; -EINVAL or -ENOMEM after messages, with nothing for options_free() to do.
 */
int options_load(struct options *opt, const char *path, char *const *sets, int nsets);
void options_free(struct options *opt);

/* --print-config: TOML that loads to the same options. Look at ferror(@out) afterwards. */
void options_print(const struct options *opt, FILE *out);

#endif
