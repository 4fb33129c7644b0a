/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_H
#define GUEST_H

/*
 * A small guest without an operating system, for what Linux never does. It runs the topics that
 * its command line names ("topics=hcall,rtas seed=7"), in real mode on one CPU, says what it finds
 * through H_PUT_TERM_CHAR, and powers off. A VMM enters it with a flat tree or with the client
 * interface of Open Firmware (QEMU: -M pseries,x-vof=on,kernel-addr=0 -kernel).
 *
 * A topic is a file with a function of its name, and a row in main.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum {
	H_SUCCESS = 0,
	H_BUSY = 1,
	H_SET_DABR = 0x28,
	H_PUT_TERM_CHAR = 0x58,
	H_REGISTER_VPA = 0xdc,
	H_CEDE = 0xe0,
	H_SET_MODE = 0x31c,
	H_RTAS = 0xf000,
};

struct machine {
	uint64_t ram_size;
	uint8_t *scratch; /* SCRATCH_SIZE bytes that hypercalls may write */
	uint64_t calls, succeeded;
};

#define SCRATCH_SIZE 0x100000

extern struct machine machine;

/* start.S: r4 to r12 in and out; returns r3 */
int64_t hcall_raw(uint64_t nr, uint64_t args[9]);
void vectors_install(void); /* the interrupt handlers, at 0 */
void of_enter(void *args, uint32_t entry);

/* main.c: one hypercall that may do anything to us; afterwards the machine is as before */
int64_t hostile_hcall(uint64_t nr, uint64_t args[9]);

/* console.c */
void say(const char *fmt, ...); /* %s %u (uint64_t) %x (uint64_t) %d (int64_t) */

/* odd.c: values at which a VMM may stumble; none is an address of our own code or data */
uint64_t odd_random(void);
uint64_t odd_value(void);
void odd_seed(uint64_t seed);

/* of.c: the tree that Open Firmware keeps, as a flat one */
const void *of_flatten(uint32_t entry);

/* fdt.c */
void fdt_open(const void *fdt);
const void *fdt_prop(const char *path, const char *name, uint32_t *len);
bool fdt_prop_at(const char *path, unsigned int i, const char **name, const void **value,
		 uint32_t *len);
uint32_t be32(const void *p);
uint64_t be64(const void *p);
void be32_put(void *p, uint32_t v);

/* rtas.c: the words of a block at an address of our choice; 0 when there is no such token */
uint32_t rtas_token(const char *name);
int32_t rtas(const char *name, uint32_t nargs, uint32_t nret, const uint32_t *args);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* the topics */
void topic_hcall(void);
void topic_rtas(void);
void topic_block(void);
void topic_irq(void);
void topic_mmio(void);
void topic_reboot(void);
void topic_spin(void);
void topic_panic(void);

#endif
