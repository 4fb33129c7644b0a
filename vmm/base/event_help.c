/* SPDX-License-Identifier: BSD-2-Clause */
/* What each event is for: for documents, and so in no program that runs guests. */
#include "vmm/base/event.h"

const char *const event_help[EVENTS] = {
	[EVENT_STARTING] = "The program begins, with this configuration.",
	[EVENT_BOOTING] = "The first phase of the start.",
	[EVENT_BOOTED] = "vCPU 0 is about to run its first instruction.",
	[EVENT_CONSOLE] = "The guest's first byte of console output.",
	[EVENT_READY] = "The guest is ready, by the mark that was chosen.",
	[EVENT_CPU_ONLINE] = "The guest started a vCPU.",
	[EVENT_CPU_OFFLINE] = "A vCPU of the guest stopped itself.",
	[EVENT_WINDOW_CREATED] =
		"A DMA window is there. served_by: who answers H_PUT_TCE. Without group: of emulated devices.",
	[EVENT_WINDOW_REMOVED] = "A DMA window goes.",
	[EVENT_WINDOW_REFUSED] = "The host did not make a DMA window.",
	[EVENT_WINDOWS_RESET] = "The guest has a PE's DMA windows reset.",
	[EVENT_DEVICE_RESET] =
		"The guest resets a PE, or ends its reset. device: its first function.",
	[EVENT_DEVICE_MSI] = "The guest changed how many message interrupts a function has.",
	[EVENT_WANTED_BACK] = "The host wants a passed-through device back.",
	[EVENT_EEH_FROZEN] = "The guest learnt that the host stopped a PE. state: PAPR's.",
	[EVENT_EEH_RECOVERED] = "The guest learnt that the PE runs again.",
	[EVENT_VIRTIO_ACTIVATED] = "A driver took the device into use.",
	[EVENT_VIRTIO_RESET] = "The device was in use, and is not any more.",
	[EVENT_VIRTIO_BROKEN] = "A driver broke a rule: the device waits for a reset.",
	[EVENT_PANIC] = "The guest crashed. console: its last output.",
	[EVENT_POWER_BUTTON] = "The guest was asked to shut down.",
	[EVENT_PAUSING] = "The vCPUs are to stop.",
	[EVENT_PAUSED] = "They have stopped.",
	[EVENT_RESUMING] = "The vCPUs are to go on.",
	[EVENT_RESUMED] = "They go on.",
	[EVENT_REBOOTING] = "The guest reboots, in place.",
	[EVENT_REBOOTED] = "It begins anew, after so long.",
	[EVENT_OFF] = "The guest is powered off. by: guest, signal, console, api, host.",
	[EVENT_WATCHDOG] = "A vCPU made no progress.",
	[EVENT_API_LOST] = "The control API's process ended, and is started again.",
	[EVENT_ROTATED] = "Files were opened anew.",
	[EVENT_VIOLATION] =
		"A thread asked for a system call that it may not make: the program ends.",
	[EVENT_MORE] = "So many events of a kind that a guest can cause were not told one by one.",
	[EVENT_LOST] = "Lines with these numbers were lost: the reader was too slow.",
	[EVENT_SHUTDOWN] = "The program ends with this exit status.",
	[EVENT_FIRST_CALL] = "The first call of this name: in the timeline.",
};
