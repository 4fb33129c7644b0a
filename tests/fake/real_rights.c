/* SPDX-License-Identifier: BSD-2-Clause */
/* As real.c: the product's own bodies under other names. */
#define sys_fork real_fork
#define sys_no_new_privs real_no_new_privs
#define sys_seccomp real_seccomp
#define sys_landlock_version real_landlock_version
#define sys_landlock_create real_landlock_create
#define sys_landlock_restrict real_landlock_restrict
#define sys_landlock_keep real_landlock_keep
#define sys_set_user real_set_user
#define sys_caps real_caps
#define sys_keep_caps real_keep_caps
#define sys_unlimit_memlock real_unlimit_memlock
#define sys_close_process real_close_process

#include "vmm/base/sys_linux_rights.c"
