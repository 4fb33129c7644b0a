/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_PAPR_H
#define VMM_BASE_PAPR_H

/*
 * Numbers of PAPR that several folders share. What only one folder needs stays in that folder.
 *
 * Source: LoPAR 2.8 "Enhanced I/O Error Handling (EEH) Option Functions".
 */

/*
 * Hypercalls that PAPR does not know, of code that we put into guest memory: of the RTAS stub (KVM and
 * QEMU use the same number), of the client interface's entry (QEMU's number), and of the vectors below
 * that (ours).
 */
enum {
	H_RTAS = 0xf000,
	H_BLOB_MEMOP = 0xf001, /* these two are SLOF's: sphapr/hcall_blob.c */
	H_BLOB_CAS = 0xf002,
	H_CLIENT = 0xf005,
	H_CLIENT_CRASH = 0xf006,
};

#define RTAS_ERROR_LOG_MAX 2048 /* bytes: rtas-error-log-max */

/* ibm,set-eeh-option */
enum eeh_option { EEH_DISABLE = 0, EEH_ENABLE = 1, EEH_THAW_MMIO = 2, EEH_THAW_DMA = 3 };

/* ibm,set-slot-reset */
enum eeh_reset { EEH_RESET_OFF = 0, EEH_RESET_HOT = 1, EEH_RESET_FUNDAMENTAL = 3 };

/* ibm,read-slot-reset-state2; 0, 2 and 4 are only passed on */
enum eeh_state { EEH_STATE_RESET_ACTIVE = 1, EEH_STATE_UNAVAILABLE = 5 };

#endif
