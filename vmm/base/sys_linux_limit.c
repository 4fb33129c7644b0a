/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of the host this process may have. */
#include "vmm/base/sys.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

static bool has_ipc_lock(void)
{
	uint64_t caps;

	return sys_caps(&caps) == 0 && caps >> CAP_IPC_LOCK & 1;
}

bool sys_memlock_limit(uint64_t *bytes)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_MEMLOCK, &lim) < 0 || lim.rlim_cur == RLIM_INFINITY || has_ipc_lock())
		return false;
	*bytes = lim.rlim_cur;
	return true;
}

uint64_t sys_raise_nofile(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 0;
	lim.rlim_cur = lim.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &lim) < 0 && getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 0;
	return lim.rlim_cur;
}

uint32_t sys_ncpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (uint32_t)n : 1;
}
