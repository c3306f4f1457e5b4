/* SPDX-License-Identifier: GPL-2.0 */
/* The faults that the boot parameter stress_fault=NAME puts back, for kernels that are built with --faults. Licence note: see stress_tty.c. */
#ifndef _LINUX_STRESS_FAULT_H
#define _LINUX_STRESS_FAULT_H
#include <linux/types.h>
bool stress_fault(const char *name);
#endif
