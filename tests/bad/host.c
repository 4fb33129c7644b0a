/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host of a case is like: a word and its arguments a line. */
#include "tests/bad/table.h"
#include "tests/fake/vfio.h"
#include "tests/fake/vhost.h"
#include "vmm/conf/conf_private.h"
#include "vmm/kvm/uapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next word; aborts when the line ends. */
static char *word(void)
{
	char *w = strtok(NULL, " ");

	if (!w)
		abort();
	return w;
}

/* All words that are left; "": none. */
static const char *rest(void)
{
	const char *w = strtok(NULL, "");

	return w ? w : "";
}

static int number(void)
{
	return (int)strtol(word(), NULL, 0);
}

/* "ENOMEM" is -ENOMEM. */
static int error_of(const char *name)
{
	for (int e = 1; e < 134; e++)
		if (strerrorname_np(e) && strcmp(strerrorname_np(e), name) == 0)
			return -e;
	abort();
}

static int error(void)
{
	return error_of(word());
}

static uint64_t size(void)
{
	uint64_t bytes;

	if (conf_size_parse(word(), &bytes) < 0)
		abort();
	return bytes;
}

/* ---- the machine and its KVM ---- */

static void host(void)
{
	static const char *const names[] = {
		[FAKE_P9_64K] = "p9-64k", [FAKE_P9_4K] = "p9-4k",   [FAKE_P10_64K] = "p10-64k",
		[FAKE_L1] = "l1",         [FAKE_HASH] = "hash",     [FAKE_NO_HV] = "no-hv",
		[FAKE_NO_KVM] = "no-kvm", [FAKE_NOT_POWER] = "x86", [FAKE_L1_COMPAT] = "l1-compat",
	};
	const char *name = word();
	size_t i = 0;

	while (strcmp(names[i], name) != 0)
		i++;
	fake_host((enum fake_host_id)i);
}

static void lacks(void)
{
	static const struct {
		const char *name;
		uint32_t cap;
	} caps[] = {
#define CAP(name) { #name, KVM_CAP_##name }
		CAP(PPC_PAPR),       CAP(ONE_REG),  CAP(ENABLE_CAP),    CAP(ENABLE_CAP_VM),
		CAP(IMMEDIATE_EXIT), CAP(SYNC_MMU), CAP(PPC_SMT),       CAP(IRQ_XICS),
		CAP(PPC_IRQ_XIVE),   CAP(IRQFD),    CAP(PPC_MMU_RADIX), CAP(PPC_SMT_POSSIBLE),
#undef CAP
	};
	const char *name = word();
	size_t i = 0;

	while (strcmp(caps[i].name, name) != 0)
		i++;
	fake_set_cap(caps[i].cap, 0);
}

static void kvm_open(void)
{
	fake_set_kvm_open(error());
}

static void kvm_version(void)
{
	fake_set_api_version(number());
}

static void pvr(void)
{
	fake_set_pvr((uint32_t)number());
}

static void memlock(void)
{
	fake_set_memlock(size());
}

static void huge(void)
{
	uint64_t page = size();

	fake_set_huge_pages(page, (uint64_t)number());
}

/* fail ERRNO CALL: each call of this kind fails; see the fake's log for how they begin. */
static void fail(void)
{
	int err = error();

	fake_fail_all(rest(), err);
}

/* fail-after N ERRNO CALL: the first N succeed */
static void fail_after(void)
{
	unsigned int n = (unsigned int)number();
	int err = error();

	fake_fail_after(n, rest(), err);
}

/* vsock CID: there are vsock devices, and another guest has this CID */
static void vsock(void)
{
	fake_set_vhost_vsock(true, (uint64_t)number());
}

/* ---- its devices ---- */

static void device(enum fake_hostdev_kind kind)
{
	const char *bdf = word();
	int group = number();

	fake_hostdev_new(kind, bdf, group, rest());
}

static void nvme(void)
{
	device(FAKE_NVME);
}

static void nic(void)
{
	device(FAKE_E1000E);
}

static void bridge(void)
{
	device(FAKE_BRIDGE);
}

/* text PATH LINE: a file of /proc */
static void text(void)
{
	char line[256];
	const char *path = word();

	snprintf(line, sizeof(line), "%s\n", rest());
	fake_text(path, line);
}

static void claimed(void)
{
	fake_text(word(), "claimed");
}

/* class block nvme0n1 0004:01:00.0 */
static void class(void)
{
	const char *of = word(), *name = word();

	fake_class_device(of, name, word());
}

static void class_link(void)
{
	const char *path = word();

	fake_class_link(path, word());
}

static void unloaded(void)
{
	fake_driver_unload(word());
}

static void driver_fails(void)
{
	const char *driver = word();

	fake_driver_fail(driver, error());
}

static void group_taken(void)
{
	fake_group_take(number(), true);
}

static void group_denied(void)
{
	int group = number();

	fake_group_deny(group, error());
}

static void vfio_open(void)
{
	fake_vfio.open_err = error();
}

static void vfio_attach(void)
{
	fake_vfio.attach_err = error();
}

static void vfio_no_tce(void)
{
	fake_vfio.has_spapr = false;
}

/* It was left in a reset that nobody can end. */
static void vfio_silent(void)
{
	fake_vfio.eeh_held = true;
	fake_vfio.eeh = false;
}

static void vfio_lost_bars(void)
{
	fake_vfio.eeh_held = true;
	fake_vfio.eeh_loses_bars = true;
}

bool bad_host(char *line)
{
	static const struct {
		const char *word;
		void (*make)(void);
	} words[] = {
		{ "host", host },
		{ "lacks", lacks },
		{ "kvm-open", kvm_open },
		{ "kvm-version", kvm_version },
		{ "pvr", pvr },
		{ "memlock", memlock },
		{ "huge", huge },
		{ "fail", fail },
		{ "fail-after", fail_after },
		{ "vsock", vsock },
		{ "nvme", nvme },
		{ "nic", nic },
		{ "bridge", bridge },
		{ "text", text },
		{ "claimed", claimed },
		{ "class", class },
		{ "class-link", class_link },
		{ "unloaded", unloaded },
		{ "driver-fails", driver_fails },
		{ "group-taken", group_taken },
		{ "group-denied", group_denied },
		{ "vfio-open", vfio_open },
		{ "vfio-attach", vfio_attach },
		{ "vfio-no-tce", vfio_no_tce },
		{ "vfio-silent", vfio_silent },
		{ "vfio-lost-bars", vfio_lost_bars },
	};
	const char *first = strtok(line, " ");

	for (size_t i = 0; first && i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, first) == 0) {
			words[i].make();
			return true;
		}
	return false;
}
