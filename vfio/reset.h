/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_RESET_H
#define VFIO_RESET_H

/*
 * How a function is reset: when it is opened, when its guest reboots, at the end. Whatever is chosen,
 * Linux resets a function that can be reset alone when it is opened and when it is closed.
 */
enum vfio_reset {
	VFIO_RESET_AUTO,     /* alone where that is possible, else by its bus */
	VFIO_RESET_BUS,      /* by a hot reset of all that is below its port, or it is not opened */
	VFIO_RESET_FUNCTION, /* alone, or not at all */
	VFIO_RESET_NONE,
};

#endif
