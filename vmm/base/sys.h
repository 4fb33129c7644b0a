/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_SYS_H
#define VMM_BASE_SYS_H

/*
 * THE SEAM: the only functions through which this program enters the host kernel for anything that
 * a test wants to see, refuse or imitate. The body for the product is sys_linux.c, with its parts
 * sys_linux_file.c, sys_linux_limit.c and sys_linux_rights.c; unit tests link tests/fake/sys.c in
 * their place, which plays KVM and VFIO and lets ordinary files through.
 *
 * Every function returns >= 0 or -errno. Nothing is retried or hidden: the caller of KVM_RUN needs
 * its -EINTR. All descriptors are made close-on-exec.
 */

#include "vmm/base/types.h"

#include <sys/epoll.h>
#include <sys/types.h>

int sys_open(const char *path, int flags, unsigned int mode);
int sys_openat(int dir_fd, const char *name, int flags, unsigned int mode);
int sys_close(int fd);
int sys_dup_onto(int fd, int onto); /* @onto becomes another of @fd, at once */
int sys_ioctl(int fd, unsigned long req, void *arg);
ssize_t sys_read(int fd, void *buf, size_t len);
ssize_t sys_write(int fd, const void *buf, size_t len);
ssize_t sys_pread(int fd, void *buf, size_t len, uint64_t offset);
ssize_t sys_pwrite(int fd, const void *buf, size_t len, uint64_t offset);
/* The next seven have their bodies in sys_linux_file.c: what disk images are made of. */
struct io_uring;
int sys_uring_init(struct io_uring *u, unsigned int entries, unsigned int flags);
struct iovec;
ssize_t sys_preadv(int fd, const struct iovec *iov, int n, uint64_t offset);
ssize_t sys_pwritev(int fd, const struct iovec *iov, int n, uint64_t offset);
int sys_fdatasync(int fd);
int sys_fallocate(int fd, int mode, uint64_t offset, uint64_t len);

/*
 * Lock the whole file for this open file description (an OFD lock): other opens of the file are
 * kept out, copies of @fd are not. -EAGAIN: another open has the lock.
 */
int sys_lock_file(int fd, bool exclusive);

/* What O_DIRECT needs, in bytes; 0 where the file system does not tell. */
struct file_facts {
	bool is_file, is_block_device;
	uint32_t io_size; /* preferred */
	uint32_t dio_mem_align, dio_offset_align;
};
int sys_file_facts(int fd, struct file_facts *facts);

int sys_file_size(int fd, uint64_t *size); /* files and block devices; -EISDIR, -ESPIPE else */
int sys_memfd(const char *name, unsigned int flags);

/* *@out is set only on success; @addr is a hint unless MAP_FIXED is among the flags. */
int sys_mmap(void **out, void *addr, size_t len, int prot, int flags, int fd, uint64_t offset);
int sys_munmap(void *addr, size_t len);
int sys_madvise(void *addr, size_t len, int advice);
int sys_mbind(void *addr, size_t len, uint32_t node); /* pages yet to come are of this node only */

int sys_eventfd(void);
int sys_epoll_create(void);
int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int sys_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout_ms);

/* A monotonic timer descriptor; set arms it to fire once, @ns from now (0 disarms). */
int sys_timerfd(void);
int sys_timerfd_set(int fd, uint64_t ns);

/* RLIMIT_MEMLOCK in bytes; false when nothing limits this process (CAP_IPC_LOCK, or no limit). */
bool sys_memlock_limit(uint64_t *bytes);

/* As many open files as the hard limit allows; the limit then in force (0: not known). */
uint64_t sys_raise_nofile(void);

/* Each entry of @dir but . and .. to @fn, until it returns false. */
int sys_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx);

/* Where a symbolic link leads, NUL-terminated and all of it, or -errno. Returns its length. */
int sys_readlink(const char *path, char *buf, size_t size);
int sys_unlink(const char *path);
int sys_renameat(int dir_fd, const char *from, const char *to); /* within a folder */
int sys_mkdir(const char *path, unsigned int mode);

/* The file @path belongs to the group @gid, and has the permissions @mode. */
int sys_share(const char *path, uint32_t gid, unsigned int mode);

/*
 * Rights that are given up, with bodies in sys_linux_rights.c. These rights are of the calling
 * thread, and of those that it starts; none comes back.
 */

/* A process with a copy of this one's memory: 0 there, its id here, or -errno. */
int sys_fork(void);

/* Nothing that is executed gives privileges any more: what the next two want first. */
int sys_no_new_privs(void);

/* A program of @n instructions judges system calls. 0; with @listen a descriptor of its reports. */
struct sock_filter;
int sys_seccomp(const struct sock_filter *insns, uint16_t n, bool listen);

/* A set of rules of the kernel's Landlock; and its version, from 1 on. -ENOSYS, -EOPNOTSUPP: none. */
struct landlock_ruleset_all {
	uint64_t files, net, scoped; /* linux/landlock.h; that may be older than the kernel */
};
int sys_landlock_version(void);
int sys_landlock_create(const struct landlock_ruleset_all *handled);
int sys_landlock_restrict(int ruleset_fd);
/* What is below the folder @dir_fd keeps the rights @files of those. */
int sys_landlock_keep(int ruleset_fd, int dir_fd, uint64_t files);

/* Another user, without groups but @gid. */
int sys_set_user(uint32_t uid, uint32_t gid);

/* Capabilities by linux/capability.h's numbers, bit by bit: those in force, and all but @keep gone. */
int sys_caps(uint64_t *caps);
int sys_keep_caps(uint64_t keep);

/* Of the process: as much locked memory as it likes, as long as it may raise the limit. */
int sys_unlimit_memlock(void);

/*
 * Of the process: no debugger of the same user, no core dump, /proc/PID is root's; and no limit on
 * open files above the one in force.
 */
int sys_close_process(void);

uint64_t sys_now_ns(void);  /* CLOCK_MONOTONIC */
uint64_t sys_wall_ns(void); /* CLOCK_REALTIME, since the epoch */
int sys_random(void *buf, size_t len);
size_t sys_page_size(void);
uint32_t sys_ncpus(void); /* online, at least 1 */

#endif
