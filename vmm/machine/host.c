/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "host"
#include "vmm/machine/host.h"

#include "vmm/base/dir.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_DIR "/proc/device-tree/cpus"
#define CPU_PREFIX "PowerPC,"

int host_read_number(const char *path, uint64_t *value)
{
	char text[32];
	int r = file_read_text(path, text, sizeof(text));

	if (r < 0)
		return r;
	*value = strtoull(text, NULL, 10);
	return 0;
}

bool host_find_group(const char *name, uint32_t *gid)
{
	const struct group *g = getgrnam(name);
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	*gid = g ? g->gr_gid : (uint32_t)number;
	return g || (*name && !*end && number < UINT32_MAX);
}

/* A property of the host's first CPU node: one or two big-endian cells. */
static bool cpu_prop(const char *node, const char *prop, uint64_t *value)
{
	char path[192];
	uint8_t cells[8];
	size_t len;

	snprintf(path, sizeof(path), CPUS_DIR "/%s/%s", node, prop);
	if (file_read(path, cells, sizeof(cells), &len) < 0)
		return false;
	if (len == 4)
		*value = be32_load(cells);
	else if (len == 8)
		*value = be64_load(cells);
	return len == 4 || len == 8;
}

static void cpu_prop32(const char *node, const char *prop, uint32_t *value)
{
	uint64_t v;

	if (cpu_prop(node, prop, &v) && v <= UINT32_MAX)
		*value = (uint32_t)v;
}

static int first_cpu_node(char *name, size_t size)
{
	return dir_find(CPUS_DIR, CPU_PREFIX, name, size);
}

bool host_is_power(void)
{
	char node[64];

	return first_cpu_node(node, sizeof(node)) == 0;
}

static void read_cpu_node(struct cpu_facts *f, const char *node)
{
	if (!*node)
		return; /* the model's defaults stay */
	cpu_prop(node, "timebase-frequency", &f->timebase_hz);
	if (!cpu_prop(node, "ibm,extended-clock-frequency", &f->clock_hz))
		cpu_prop(node, "clock-frequency", &f->clock_hz);
	cpu_prop32(node, "d-cache-line-size", &f->l1d.line);
	cpu_prop32(node, "d-cache-size", &f->l1d.size);
	cpu_prop32(node, "d-cache-sets", &f->l1d.sets);
	cpu_prop32(node, "i-cache-line-size", &f->l1i.line);
	cpu_prop32(node, "i-cache-size", &f->l1i.size);
	cpu_prop32(node, "i-cache-sets", &f->l1i.sets);
	cpu_prop32(node, "ibm,slb-size", &f->slb_size);
	f->dec_bits = 32; /* without the property the host uses the small decrementer */
	cpu_prop32(node, "ibm,dec-bits", &f->dec_bits);
}

/*
 * A host that is a partition may run in a mode older than its processor. KVM there runs no guest of a
 * newer one, and says the processor's own PVR all the same: the mode is in the host's tree alone.
 */
static uint32_t host_mode(const char *node, uint32_t pvr)
{
	uint32_t version = pvr;

	if (*node)
		cpu_prop32(node, "cpu-version", &version);
	return cpu_is_mode(version) ? version : pvr;
}

int host_cpu_facts(struct cpu_facts *f, uint32_t pvr, enum opt_cpu opt)
{
	static const char *const names[] = { NULL, "POWER9", "POWER10", "POWER11" };
	const struct cpu_model *host, *guest;
	char node[64] = ""; /* there is none off POWER */
	uint32_t version;

	first_cpu_node(node, sizeof(node));
	version = host_mode(node, pvr);
	guest = host = cpu_model_by_version(version);
	if (!host) {
		log_error(
			"CPU with PVR 0x%08x: not a generation this program knows (POWER9 to POWER11)",
			version);
		return -ENOTSUP;
	}
	if (opt != OPT_CPU_HOST) {
		guest = cpu_model_by_name(names[opt]);
		version = guest->logical_pvr;
	}
	if (guest->logical_pvr > host->logical_pvr) {
		log_error("machine.cpu: this host is a %s and cannot be a %s: use cpu = \"host\"",
			  host->name, guest->name);
		return -ENOTSUP;
	}
	cpu_facts_init(f, guest, pvr);
	f->version = version;
	read_cpu_node(f, node);
	return 0;
}
