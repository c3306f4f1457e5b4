/* SPDX-License-Identifier: GPL-2.0 */
/* For kernel/kcov.c of a build with --kcov: the task that has KCOV switched on (kcov.cocci). Licence note: see stress_tty.c. */
#ifndef _LINUX_STRESS_COVER_H
#define _LINUX_STRESS_COVER_H
struct task_struct;
static struct task_struct *stress_covered;
#endif
