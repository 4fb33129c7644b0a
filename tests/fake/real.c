/* SPDX-License-Identifier: BSD-2-Clause */
/* The product's own bodies of the seam under other names, for what the fake lets through. */
#define sys_open real_open
#define sys_close real_close
#define sys_openat real_openat
#define sys_dup_onto real_dup_onto
#define sys_ioctl real_ioctl
#define sys_read real_read
#define sys_write real_write
#define sys_pread real_pread
#define sys_pwrite real_pwrite
#define sys_file_size real_file_size
#define sys_memfd real_memfd
#define sys_mmap real_mmap
#define sys_munmap real_munmap
#define sys_madvise real_madvise
#define sys_mbind real_mbind
#define sys_eventfd real_eventfd
#define sys_epoll_create real_epoll_create
#define sys_epoll_ctl real_epoll_ctl
#define sys_epoll_wait real_epoll_wait
#define sys_timerfd real_timerfd
#define sys_timerfd_set real_timerfd_set
#define sys_list real_list
#define sys_readlink real_readlink
#define sys_unlink real_unlink
#define sys_mkdir real_mkdir
#define sys_share real_share
#define sys_renameat real_renameat
#define sys_now_ns real_now_ns
#define sys_wall_ns real_wall_ns
#define sys_random real_random
#define sys_page_size real_page_size

#include "vmm/base/sys_linux.c"
