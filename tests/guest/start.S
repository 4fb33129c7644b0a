/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry, hypercalls and interrupt handlers. Built for either endianness. */

	/* We may be in the other endianness: what follows means "b +8" there. */
	.macro	own_endian
	tdi	0, 0, 0x48
	b	.Lown\@
	.long	0xa600607d	/* mfmsr r11 */
	.long	0x01006b69	/* xori r11,r11,1 */
	.long	0x00004039	/* li r10,0 */
	.long	0x6401417d	/* mtmsrd r10,1 */
	.long	0x05009f42	/* bcl 20,31,$+4 */
	.long	0xa602487d	/* mflr r10 */
	.long	0x14004a39	/* addi r10,r10,20 */
	.long	0xa6035a7d	/* mtsrr0 r10 */
	.long	0xa6037b7d	/* mtsrr1 r11 */
	.long	0x2400004c	/* rfid */
.Lown\@:
	.endm

	.section .text.start, "ax"
	.globl _start
_start:
	/* r3 = flat tree and r5 = 0, or r5 = entry of Open Firmware: then we are in 32-bit mode. */
	own_endian
	mfmsr	11
	li	12, 1
	rldicr	12, 12, 63, 0		/* MSR[SF] */
	or	11, 11, 12
	mtmsrd	11
	isync
	clrldi	4, 5, 32
	lis	1, stack_top@ha
	addi	1, 1, stack_top@l
	lis	2, .TOC.@ha
	addi	2, 2, .TOC.@l
	li	0, 0
	std	0, 0(1)
	stdu	0, -64(1)
	bl	guest_main
	b	.

	/* A second processor, by start-cpu. */
	.globl second_entry
second_entry:
	own_endian
	lis	1, second_stack_top@ha
	addi	1, 1, second_stack_top@l
	lis	2, .TOC.@ha
	addi	2, 2, .TOC.@l
	bl	guest_second
	b	.

	/* One of many processors, by start-cpu: r3 is its slot, below which it has its stack. */
	.globl cpu_entry
cpu_entry:
	own_endian
	clrrdi	1, 3, 4
	li	0, 0
	stdu	0, -64(1)
	lis	2, .TOC.@ha
	addi	2, 2, .TOC.@l
	bl	guest_cpu
	b	.

	/*
	 * void of_enter(void *args, uint32_t entry): call Open Firmware, which is a 32-bit
	 * big-endian program: it keeps the lower halves of registers, and uses 0(r1) to 7(r1).
	 */
	.text
	.globl of_enter
of_enter:
	mflr	0
	std	0, 16(1)
	stdu	1, -256(1)
	std	2, 32(1)
	mfmsr	11
	std	11, 40(1)
	.irp	r, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	std	\r, 8 * (\r - 8)(1)
	.endr
	lis	5, 1f@ha
	addi	5, 5, 1f@l
	mtlr	5
	clrldi	11, 11, 1		/* MSR[SF] */
	rldicr	11, 11, 0, 62		/* MSR[LE] */
	mtsrr0	4
	mtsrr1	11
	rfid
1:	own_endian
	clrldi	1, 1, 32
	ld	11, 40(1)
	mtmsrd	11
	isync
	.irp	r, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	\r, 8 * (\r - 8)(1)
	.endr
	ld	2, 32(1)
	addi	1, 1, 256
	ld	0, 16(1)
	mtlr	0
	blr

	.text
	/* int64_t hcall_raw(uint64_t nr, uint64_t args[9]) */
	.globl hcall_raw
hcall_raw:
	std	31, -8(1)
	stdu	1, -64(1)
	mr	31, 4
	/* A call that waits is ended by the decrementer. */
	lis	4, 0x10
	mtdec	4
	ld	4, 0(31)
	ld	5, 8(31)
	ld	6, 16(31)
	ld	7, 24(31)
	ld	8, 32(31)
	ld	9, 40(31)
	ld	10, 48(31)
	ld	11, 56(31)
	ld	12, 64(31)
	sc	1
	std	4, 0(31)
	std	5, 8(31)
	std	6, 16(31)
	std	7, 24(31)
	std	8, 32(31)
	std	9, 40(31)
	std	10, 48(31)
	std	11, 56(31)
	std	12, 64(31)
	li	4, 0
	mtmsrd	4, 1		/* external interrupts off again */
	addi	1, 1, 64
	ld	31, -8(1)
	blr

	.globl vectors_install
vectors_install:
	lis	4, vectors@ha
	addi	4, 4, vectors@l
	li	5, 0
	li	6, (vectors_end - vectors) / 8
	mtctr	6
1:	ldx	6, 4, 5
	std	6, 0(5)
	dcbst	0, 5
	sync
	icbi	0, 5
	addi	5, 5, 8
	bdnz	1b
	isync
	blr

	/* Go on behind the instruction that failed. */
	.macro	skip at
	.org	vectors + \at
	mtsprg	1, 3
	mfsrr0	3
	addi	3, 3, 4
	mtsrr0	3
	mfsprg	3, 1
	rfid
	.endm

	/* Go on, with external interrupts and the decrementer off. */
	.macro	resume at
	.org	vectors + \at
	mtsprg	1, 3
	lis	3, 0x7fff
	mtdec	3
	mfsrr1	3
	rldicl	3, 3, 48, 1
	rotldi	3, 3, 16
	mtsrr1	3
	mfsprg	3, 1
	rfid
	.endm

	.section .rodata
	.balign	8
vectors:
	resume	0x100
	skip	0x200
	skip	0x300
	skip	0x380
	skip	0x400
	skip	0x480
	resume	0x500
	skip	0x600
	skip	0x700
	skip	0x800
	resume	0x900
	resume	0xa00
	resume	0xc00
	resume	0xd00
	skip	0xf00
	skip	0xf20
	skip	0xf40
	skip	0xf60
	skip	0xf80
	.org	vectors + 0x1000
vectors_end:

	.bss
	.balign	16
	.space	0x8000
stack_top:
	.space	64
	.space	0x1000
second_stack_top:
	.space	64
