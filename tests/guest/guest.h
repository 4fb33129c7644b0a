/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_H
#define GUEST_H

/*
 * A small guest without an operating system, for what Linux never does. It runs the topics that
 * its command line names ("topics=hcall,rtas seed=7"), in real mode on one CPU, says what it finds
 * through H_PUT_TERM_CHAR, and powers off. A VMM enters it with a flat tree or with the client
 * interface of Open Firmware (QEMU: -M pseries,x-vof=on,kernel-addr=0 -kernel; here:
 * from a disk's PReP partition).
 *
 * A topic is a file with a function of its name, and a row in main.c.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum {
	H_SUCCESS = 0,
	H_BUSY = 1,
	H_GET_TCE = 0x1c,
	H_PUT_TCE = 0x20,
	H_SET_DABR = 0x28,
	H_PAGE_INIT = 0x2c,
	H_LOGICAL_CI_LOAD = 0x3c,
	H_LOGICAL_CI_STORE = 0x40,
	H_LOGICAL_CACHE_LOAD = 0x44,
	H_LOGICAL_CACHE_STORE = 0x48,
	H_GET_TERM_CHAR = 0x54,
	H_PUT_TERM_CHAR = 0x58,
	H_REGISTER_VPA = 0xdc,
	H_CEDE = 0xe0,
	H_STUFF_TCE = 0x138,
	H_PUT_TCE_INDIRECT = 0x13c,
	H_SET_MODE = 0x31c,
	H_RTAS = 0xf000,
	H_FUNCTION = -2,
	H_PARAMETER = -4,
	H_P4 = -57,
};

struct machine {
	uint64_t ram_size;
	uint8_t *scratch;          /* SCRATCH_SIZE bytes that hypercalls may write */
	uint64_t calls, succeeded; /* of the topic that runs */
	uint64_t cases, wrong;
	bool bulk_in_kernel; /* "bulk=kernel": counts beyond a window would crash the host */
	bool careful;        /* "careful": leave out what is known to end QEMU */
	bool asks;           /* "asks": reboot only when something is typed */
	uint32_t page_shift; /* "pages=12": of the window that bench makes; 0: not said */
	uint64_t wanted;     /* "calls=10000000": by client; 0: not said */
	uint64_t seconds;    /* "seconds=25": how long race and churn go on */
};

#define SCRATCH_SIZE 0x100000

extern struct machine machine;

/* start.S: r4 to r12 in and out; returns r3 */
int64_t hcall_raw(uint64_t nr, uint64_t args[9]);
void vectors_install(void); /* the interrupt handlers, at 0 */
void of_enter(void *args, uint32_t entry);

/* main.c: one hypercall that may do anything to us; afterwards the machine is as before */
int64_t hostile_hcall(uint64_t nr, uint64_t args[9]);

/* console.c: %s %u (uint64_t) %x (uint64_t) %d (int64_t) */
void say(const char *fmt, ...);
void vsay(const char *fmt, va_list ap);
void wait_for_input(void);

/*
 * check.c: what a case, named by @fmt, came to; said with what it should have been if that differs.
 * skip: why a topic has no cases here.
 */
void check(int64_t got, int64_t want, const char *fmt, ...);
void skip(const char *why);
/* One hypercall of up to four arguments that does nothing to us; @out: r4, or NULL. */
int64_t hcall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *out);

/* odd.c: values at which a VMM may stumble; none is an address of our own code or data */
uint64_t odd_random(void);
uint64_t odd_value(void);
void odd_seed(uint64_t seed);

/*
 * of.c: the tree that Open Firmware keeps, as a flat one; and a command line, for who was started from
 * a disk: its second sector.
 */
const void *of_flatten(uint32_t entry);
const char *of_command_line(void);
/* What we need, and can be, to where the vectors of client-architecture-support begin. 0, or -1. */
int32_t of_cas(const void *words);

/* fdt.c */
void fdt_open(const void *fdt);
const void *fdt_prop(const char *path, const char *name, uint32_t *len);
bool fdt_prop_at(const char *path, unsigned int i, const char **name, const void **value,
		 uint32_t *len);
bool fdt_child(const char *path, unsigned int i, char *child, size_t size); /* its path */
uint32_t fdt_cell(const char *path, const char *name, unsigned int i);      /* 0: none */
uint32_t be32(const void *p);
uint64_t be64(const void *p);
void be32_put(void *p, uint32_t v);

/*
 * rtas.c: rtas_token: 0 when there is no such call. rtas: the status; NO_STATUS when the hypercall
 * itself failed. rtas_ret: what the last call returned: 0 is the status.
 */
#define NO_STATUS 0x7fffffff
uint32_t rtas_token(const char *name);
int32_t rtas(const char *name, uint32_t nargs, uint32_t nret, const uint32_t *args);
uint32_t rtas_ret(unsigned int i);
/* RTAS(name, nret, arguments...) */
#define RTAS(name, nret, ...)                                                                      \
	rtas((name), ARRAY_LEN(((const uint32_t[]){ __VA_ARGS__ })), (nret),                       \
	     (const uint32_t[]){ __VA_ARGS__ })
/* Nonsense for a token; and for every token of the tree: how many there are. */
unsigned int rtas_each(void (*nonsense)(const char *name, uint32_t token));
int32_t rtas_hostile(uint32_t token, uint32_t nargs, uint32_t nret, const uint32_t *args);
bool rtas_ends(const char *name);

/* bus.c: the PCI functions of the tree */
struct function {
	char path[96], phb[48];
	uint32_t addr, hi, lo;      /* configuration address, BUID */
	uint32_t max_msi, max_msix; /* as the tree says */
	uint32_t liobn;             /* of the default window; 0: none */
	uint64_t start, size;       /* of it */
	bool first;                 /* of its bridge */
};
#define MAX_FUNCTIONS 16
extern struct function functions[MAX_FUNCTIONS];
extern unsigned int nfunctions;
void bus_scan(void);
uint32_t bus_read(const struct function *f, uint32_t reg, uint32_t size); /* all ones: failed */
void bus_write(const struct function *f, uint32_t reg, uint32_t size, uint32_t value);
uint32_t bus_cap(const struct function *f, uint32_t id); /* its place; 0: none */
uint32_t bus_addr(const struct function *f, uint32_t reg);

/* windows.c: what ibm,query-pe-dma-window says, and one window made, or taken from the tree */
struct query {
	uint32_t windows, page_mask;
	uint64_t largest; /* pages */
};
struct window {
	uint32_t liobn, page_shift;
	uint64_t start, npages;
};
int32_t window_query(const struct function *f, struct query *q);
int32_t window_create(const struct function *f, uint32_t page_shift, uint32_t shift,
		      struct window *w);
struct window window_default(const struct function *f);
uint32_t window_page_shift(const struct query *q); /* the largest offered; 0: none */
bool window_page_is_offered(const struct query *q, uint32_t page_shift);
uint32_t window_shift(const struct query *q); /* of the largest window that is sure to be made */

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* the topics */
void topic_hcall(void);
void topic_nvram(void);
void topic_rtas(void);
void topic_block(void);
void topic_irq(void);
void topic_mmio(void);
void topic_pci(void);
void topic_msi(void);
void topic_ddw(void);
void topic_tce(void);
void topic_eeh(void);
void topic_mem(void);
void topic_power(void);
void topic_random(void);
void topic_virtio(void);
void topic_serve(void);
void topic_reboot(void);
void topic_spin(void);
void topic_leave(void);
void topic_hold(void);
void topic_stall(void);
void topic_race(void);
void topic_churn(void);
void topic_panic(void);
void topic_bench(void);
void topic_bar(void);
void topic_fill(void);
void topic_cpus(void);
void topic_client(void);
void topic_cas(void);

#endif
