/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

/* The fake's inside: what its files share. fake_lock guards all of it but what says otherwise. */

#include "tests/fake/guest.h"
#include "tests/fake/sys.h"
#include "vmm/kvm/uapi.h"

#include <pthread.h>

extern pthread_mutex_t fake_lock;

#define FAKE_DETAIL 96

struct fake_file;

/* What a descriptor is. Called with fake_lock held; 0 or -errno. */
struct fake_ops {
	/* Adds to @detail what the log shall say beyond the name. */
	int (*ioctl)(struct fake_file *f, unsigned long req, void *arg, char *detail);
	int (*may_mmap)(struct fake_file *f, size_t len, uint64_t offset); /* NULL: -ENODEV */
	void (*close)(struct fake_file *f);
	/* NULL: the backing file's. */
	ssize_t (*read)(struct fake_file *f, void *buf, size_t len);
	ssize_t (*write)(struct fake_file *f, const void *buf, size_t len);
	ssize_t (*pread)(struct fake_file *f, void *buf, size_t len, uint64_t offset);
	ssize_t (*pwrite)(struct fake_file *f, const void *buf, size_t len, uint64_t offset);
	/* What an ioctl's line in the log begins with; NULL: the call's name and the file's. */
	void (*describe)(struct fake_file *f, unsigned long req, const void *arg, char *text);
	bool unlocked; /* ioctl is called without fake_lock: it may sleep */
};

/* An open descriptor: its number is that of a real memfd, which is what is mapped, too. */
struct fake_file {
	int fd;
	const struct fake_ops *ops; /* NULL: the real kernel's */
	void *obj;
	char name[40];
	uint64_t serial; /* no other file's, ever */
};

/* ---- sys.c ---- */
int fake_file_new(const struct fake_ops *ops, void *obj, uint64_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int fake_file_real(int fd, const char *name); /* one of the real kernel's, or -errno */
struct fake_file *fake_file_find(int fd);
const char *fake_file_name(int fd); /* under fake_lock */

/* ---- calls.c ---- */
int fake_enter(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* 0 or injected */
/* The same for a call that may come at any moment: fake_fail_nth() does not count such a call. */
int fake_enter_apart(const char *what);
void fake_log(long result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fake_calls_reset(void);
const char *fake_ioctl_name(unsigned long req);

/* ---- maps.c ---- */
void fake_maps_reset(void);
struct fake_map_kind {
	const char *name;
	const void *owner; /* object of the file that is mapped */
	uint64_t page;     /* bytes of the pages behind it */
	int prot;
};
void fake_map_add(void *p, size_t len, const struct fake_map_kind *kind);
bool fake_maps_of(const void *owner);
const void *fake_map_owner(const void *p); /* NULL: nobody's, or nothing is there */
/* Bytes of the smallest page behind a range of writable memory; 0: not all of it is that. */
uint64_t fake_maps_backing(const void *p, uint64_t len);
void fake_map_del(void *p, size_t len, char *name, size_t size); /* @name: whose it was */

/* ---- host.c ---- */
struct fake_host_facts {
	size_t page_size;
	uint32_t pvr, logical_pvr;
	int kvm_open, api_version;
	uint64_t memlock; /* RLIMIT_MEMLOCK; UINT64_MAX: none */
	uint32_t ncpus;
	bool has_hv;
	bool xics_on_xive; /* the hardware is XIVE */
};

extern struct fake_host_facts fake_facts;

/* ---- served.c ---- */
void fake_served_reset(void);
const void *fake_served(const char *path, size_t *len); /* NULL: not served */
/* As sys_list(); -ENXIO: not a folder of ours. */
int fake_list_served(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx);
int fake_take_huge_pages(uint64_t page, uint64_t n);

/* ---- vhost.c ---- */
int fake_open_vhost(void);
int fake_open_vhost_vsock(void);

/* ---- kvm_*.c ---- */
#define FAKE_MAX_SLOTS 64
#define FAKE_MAX_TOKENS 8
#define FAKE_NR_CPUS 2048u /* of the host's kernel */
#define FAKE_MAX_HCALL 0x488u

struct fake_slot {
	uint32_t id;
	gpa_t gpa;
	uint64_t size, hva;
};

struct fake_vm {
	int refs; /* the VM's descriptor, and one for each vCPU and device */
	uint32_t smt;
	struct fake_slot slots[FAKE_MAX_SLOTS];
	size_t nslots;
	struct fake_cpu *cpus; /* list */
	uint32_t ncpus;
	struct fake_dev *irqchip; /* XICS or XIVE */
	struct fake_dev *vfio;
	bool hcall_enabled[FAKE_MAX_HCALL / 4 + 1];
	struct {
		char name[120];
		uint64_t token;
	} tokens[FAKE_MAX_TOKENS];
	bool radix, gtse, dawr1;
	uint32_t htab_order; /* 0: none */
	uint64_t process_table;
	struct {
		int fd; /* 0: free */
		uint64_t gpa;
	} ioeventfds[32];
};

struct fake_source {
	bool exists, level, masked, asserted, pending;
	uint32_t server, eisn;
	uint8_t prio;
};

#define FAKE_MAX_LISN 0x10000u
#define FAKE_EQ_SERVERS 64u

struct fake_added; /* vfio_kvm.c: a group */

struct fake_dev {
	struct fake_vm *vm;
	const struct fake_dev_type *type;
	struct fake_added *added;
	uint32_t nr_servers;
	bool connected; /* to any vCPU */
	struct fake_source *sources;
	struct kvm_ppc_xive_eq eqs[FAKE_EQ_SERVERS][8];
};

struct fake_dev_type {
	uint32_t type;
	const char *name;
	uint64_t file_size; /* what can be mapped, in bytes at 64K pages */
	int (*create)(struct fake_dev *d);
	int (*set)(struct fake_dev *d, const struct kvm_device_attr *a);
	int (*get)(struct fake_dev *d, const struct kvm_device_attr *a);
	int (*may_mmap)(struct fake_dev *d, size_t len, uint64_t offset);
	void (*release)(struct fake_dev *d);
	void (*describe)(struct fake_dev *d, const struct kvm_device_attr *a, char *text);
};

extern const struct fake_dev_type fake_xics, fake_xive, fake_vfio_dev;

struct fake_run; /* kvm_run.c: the guest program on its stack */

struct fake_cpu {
	struct fake_cpu *next;
	struct fake_vm *vm;
	uint32_t id;
	/* An ioctl waits until the one before has returned. Taken before fake_lock. */
	pthread_mutex_t busy;
	struct kvm_run *run;
	bool in_run; /* inside KVM_RUN; under fake_lock */
	bool papr;
	struct fake_dev *connected;
	bool had_presenter;
	bool has_run; /* fake_lock not needed: only under busy, as all below */
	struct kvm_regs regs;
	uint64_t one_regs[0x100][2];
	struct fake_run *prog;
};

int fake_open_kvm(void);
/* The VM that was created last and is still there, for the test's questions. */
extern struct fake_vm *fake_the_vm;
void fake_vm_put(struct fake_vm *vm);
void fake_vm_default_hcalls(struct fake_vm *vm);
int fake_vm_enable_cap(struct fake_vm *vm, const struct kvm_enable_cap *e, char *detail);
int fake_vm_define_token(struct fake_vm *vm, const struct kvm_rtas_token_args *a, char *detail);
void *fake_vm_memory(struct fake_vm *vm, gpa_t gpa, uint64_t len);
struct fake_cpu *fake_vm_cpu(struct fake_vm *vm, uint32_t id);
int fake_vm_create_cpu(struct fake_vm *vm, uint32_t id);
int fake_vm_create_device(struct fake_vm *vm, struct kvm_create_device *c);
int fake_rmmu_info(struct kvm_ppc_rmmu_info *info);
int fake_smmu_info(struct kvm_ppc_smmu_info *info);
int fake_cpu_char(struct kvm_ppc_cpu_char *c);
struct fake_dev *fake_dev_of(int fd); /* NULL: that is no KVM device */
int fake_irq_line(struct fake_vm *vm, uint32_t lisn, bool up);
int fake_dev_irqchip(struct fake_dev *d, int cap); /* the VM has one, if the host has @cap */
struct fake_source *fake_source(struct fake_dev *d, uint64_t lisn); /* NULL: out of range */
int fake_set_nr_servers(struct fake_dev *d, const struct kvm_device_attr *a); /* 0 or -errno */

int fake_reg_get(struct fake_cpu *c, const struct kvm_one_reg *r); /* under busy */
int fake_reg_set(struct fake_cpu *c, const struct kvm_one_reg *r);

int fake_cpu_run(struct fake_cpu *c); /* KVM_RUN; under busy, without fake_lock */
void fake_run_restart(struct fake_cpu *c);
int fake_run_new(struct fake_cpu *c);
void fake_run_free(struct fake_cpu *c);
void fake_run_wake(struct fake_cpu *c);
void fake_guests_reset(void);

/* ---- real.c: sys_linux.c under other names ---- */
int real_open(const char *path, int flags, unsigned int mode);
int real_close(int fd);
int real_openat(int dir_fd, const char *name, int flags, unsigned int mode);
int real_dup_onto(int fd, int onto);
int real_ioctl(int fd, unsigned long req, void *arg);
ssize_t real_read(int fd, void *buf, size_t len);
ssize_t real_write(int fd, const void *buf, size_t len);
ssize_t real_pread(int fd, void *buf, size_t len, uint64_t offset);
ssize_t real_pwrite(int fd, const void *buf, size_t len, uint64_t offset);
int real_file_size(int fd, uint64_t *size);
int real_memfd(const char *name, unsigned int flags);
int real_mmap(void **out, void *addr, size_t len, int prot, int flags, int fd, uint64_t offset);
int real_munmap(void *addr, size_t len);
int real_madvise(void *addr, size_t len, int advice);
int real_mbind(void *addr, size_t len, uint32_t node);
int real_eventfd(void);
int real_epoll_create(void);
int real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int real_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout_ms);
int real_timerfd(void);
int real_timerfd_set(int fd, uint64_t ns);
int real_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx);
int real_readlink(const char *path, char *buf, size_t size);
int real_unlink(const char *path);
int real_mkdir(const char *path, unsigned int mode);
int real_share(const char *path, uint32_t gid, unsigned int mode);
bool fake_group_has_node(int id);
int real_renameat(int dir_fd, const char *from, const char *to);
uint64_t real_now_ns(void);
uint64_t real_wall_ns(void);
int real_random(void *buf, size_t len);
size_t real_page_size(void);

/* ---- real_rights.c ---- */
int real_fork(void);
int real_no_new_privs(void);
int real_seccomp(const struct sock_filter *insns, uint16_t n, bool listen);
int real_landlock_version(void);
int real_landlock_create(const struct landlock_ruleset_all *handled);
int real_landlock_restrict(int ruleset_fd);
int real_landlock_keep(int ruleset_fd, int dir_fd, uint64_t files);
int real_set_user(uint32_t uid, uint32_t gid);
int real_caps(uint64_t *caps);
int real_keep_caps(uint64_t keep);
int real_unlimit_memlock(void);
int real_close_process(void);

#endif
