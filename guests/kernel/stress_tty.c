// SPDX-License-Identifier: GPL-2.0
/*
 * A serial port whose other end is a modem outside the guest. The port is a UNIX stream socket (boot parameter stress_tty=PATH) and takes part in
 * time travel: what the guest writes carries the guest's own time, and what arrives becomes an interrupt at the time that the calendar set.
 *
 * Licence note: this file, stress_user.c, and the edits that the build makes to arch/um/drivers/Kconfig and Makefile become part of a Linux kernel
 * and are therefore under the GNU General Public License, version 2, and no other. The rest of the project is not; see the LICENSE file at its top.
 *
 * Messages, both ways, little endian: struct stress_message, then length bytes.
 */
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kasan.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/version.h>
#include <linux/time-internal.h>
#include <irq_kern.h>
#include <irq_user.h>
#include <init.h>
#include <os.h>

struct stress_message {
	__u16 kind, length;
	__u32 value;
	__u64 time;		/* ns of the guest's clock; 0 from outside */
};

enum { STRESS_DATA = 1, STRESS_LINES = 2, STRESS_TAKEN = 3 };

#define STRESS_FIFO	4096	/* bytes the port holds for the wire */
#define STRESS_PIECE	1024	/* most bytes of one message */
#define STRESS_IN	65536	/* bytes from outside that wait for the interrupt */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
typedef ssize_t written_t;
typedef size_t writing_t;
#else
typedef int written_t;
typedef int writing_t;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
typedef bool raised_t;
typedef bool active_t;
#else
typedef int raised_t;
typedef int active_t;
#endif

static struct stress_port {
	struct tty_port port;
	int fd, irq;
	unsigned int out, in;		/* TIOCM_ bits that we set, and that the modem sets */
	u64 busy_until;			/* when the last byte in the FIFO has left */
	u32 rate;			/* bytes a second */
	u32 taken;			/* bytes ever read from the socket */
	struct timer_list drained;
	unsigned int head, tail;
	u8 buffer[STRESS_IN];
} stress;

static char stress_path[108];

static int __init stress_setup(char *path, int *add)
{
	*add = 0;
	strscpy(stress_path, path, sizeof(stress_path));
	return 0;
}
__uml_setup("stress_tty=", stress_setup,
"stress_tty=<socket>\n"
"    The UNIX stream socket behind /dev/ttyM0.\n\n");

static void stress_nothing(struct time_travel_event *e)
{
}

/* The guest's clock, without moving it: an event is stamped with the time at which it is added. */
static u64 stress_now(void)
{
	struct time_travel_event probe = { .fn = stress_nothing };
	unsigned long flags;

	if (time_travel_mode == TT_MODE_OFF)
		return os_nsecs();
	local_irq_save(flags);
	time_travel_add_event_rel(&probe, 0);
	time_travel_del_event(&probe);
	local_irq_restore(flags);
	return probe.time;
}

static void stress_send(u16 kind, u32 value, const u8 *data, unsigned int length)
{
	u8 whole[sizeof(struct stress_message) + STRESS_PIECE];
	struct stress_message m = { .kind = kind, .length = length, .value = value, .time = stress_now() };
	unsigned int n = sizeof(m) + length, done = 0;

	memcpy(whole, &m, sizeof(m));
	if (length)
		memcpy(whole + sizeof(m), data, length);
	while (done < n) {
		int r = os_write_file(stress.fd, whole + done, n - done);

		if (r > 0)
			done += r;
		else if (r != -EAGAIN && r != -EINTR)
			return;
	}
}

static unsigned int stress_queued(void)
{
	u64 now = stress_now();

	return now >= stress.busy_until ? 0 : (unsigned int)div64_u64((stress.busy_until - now) * stress.rate, 1000000000ULL) + 1;
}

static written_t stress_write(struct tty_struct *tty, const u8 *buffer, writing_t count)
{
	unsigned int queued = stress_queued(), room = queued >= STRESS_FIFO ? 0 : STRESS_FIFO - queued, left;
	u64 now;

	if (!(stress.in & TIOCM_CTS) && C_CRTSCTS(tty))
		room = 0;
	if (count > room)
		count = room;
	now = stress_now();
	if (stress.busy_until < now)
		stress.busy_until = now;
	stress.busy_until += div64_u64((u64)count * 1000000000ULL, stress.rate);
	for (left = count; left; ) {
		unsigned int piece = left > STRESS_PIECE ? STRESS_PIECE : left;

		stress_send(STRESS_DATA, 0, buffer, piece);
		buffer += piece;
		left -= piece;
	}
	if (count)
		mod_timer(&stress.drained, jiffies + nsecs_to_jiffies(stress.busy_until - now) + 1);
	return count;
}

static unsigned int stress_write_room(struct tty_struct *tty)
{
	unsigned int queued = stress_queued();

	if (!(stress.in & TIOCM_CTS) && C_CRTSCTS(tty))
		return 0;
	return queued >= STRESS_FIFO ? 0 : STRESS_FIFO - queued;
}

static unsigned int stress_chars_in_buffer(struct tty_struct *tty)
{
	return stress_queued();
}

static void stress_drained(struct timer_list *timer)
{
	tty_port_tty_wakeup(&stress.port);
}

static void stress_set_lines(unsigned int set, unsigned int clear)
{
	unsigned int lines = (stress.out & ~clear) | set;

	if (lines == stress.out)
		return;
	stress.out = lines;
	stress_send(STRESS_LINES, lines, NULL, 0);
}

static int stress_tiocmget(struct tty_struct *tty)
{
	return stress.out | stress.in;
}

static int stress_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	stress_set_lines(set & (TIOCM_DTR | TIOCM_RTS), clear & (TIOCM_DTR | TIOCM_RTS));
	return 0;
}

static raised_t stress_carrier_raised(struct tty_port *port)
{
	return !!(stress.in & TIOCM_CAR);
}

static void stress_dtr_rts(struct tty_port *port, active_t active)
{
	if (active)
		stress_set_lines(TIOCM_DTR | TIOCM_RTS, 0);
	else
		stress_set_lines(0, TIOCM_DTR | TIOCM_RTS);
}

static void stress_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	unsigned int rate = tty_get_baud_rate(tty) / 10;

	if (rate)
		stress.rate = rate;
	if (!C_BAUD(tty))
		stress_set_lines(0, TIOCM_DTR | TIOCM_RTS);
	else if (old && !(old->c_cflag & CBAUD))
		stress_set_lines(TIOCM_DTR | TIOCM_RTS, 0);
}

static int stress_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(&stress.port, tty, file);
}

static void stress_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(&stress.port, tty, file);
}

static void stress_hangup(struct tty_struct *tty)
{
	tty_port_hangup(&stress.port);
}

static const struct tty_operations stress_operations = {
	.open = stress_open,
	.close = stress_close,
	.hangup = stress_hangup,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.write = stress_write,
#else
	.write = (int (*)(struct tty_struct *, const unsigned char *, int))stress_write,
#endif
	.write_room = stress_write_room,
	.chars_in_buffer = stress_chars_in_buffer,
	.tiocmget = stress_tiocmget,
	.tiocmset = stress_tiocmset,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	.set_termios = stress_set_termios,
#else
	.set_termios = (void (*)(struct tty_struct *, struct ktermios *))stress_set_termios,
#endif
};

static const struct tty_port_operations stress_port_operations = {
	.carrier_raised = stress_carrier_raised,
	.dtr_rts = stress_dtr_rts,
};

/* Reads what is there. Returns whether anything was. */
static bool stress_read(void)
{
	u8 piece[512];
	bool any = false;
	int n;

	while ((n = os_read_file(stress.fd, piece, sizeof(piece))) > 0) {
		int i;

		for (i = 0; i < n; i++)
			stress.buffer[stress.head++ % STRESS_IN] = piece[i];
		stress.taken += n;
		any = true;
	}
	return any;
}

/* The guest waits for its clock, and something has arrived: the interrupt is put into its calendar, then the line is told. */
static void stress_arrived(int irq, int fd, void *device, struct time_travel_event *event)
{
	struct stress_message taken = { .kind = STRESS_TAKEN };

	if (!stress_read())
		return;
	time_travel_add_irq_event(event);
	taken.value = stress.taken;
	os_write_file(stress.fd, &taken, sizeof(taken));
}

static void stress_modem(unsigned int lines)
{
	unsigned int changed = lines ^ stress.in;

	stress.in = lines;
	if (changed & TIOCM_CAR) {
		if (lines & TIOCM_CAR)
			wake_up_interruptible(&stress.port.open_wait);
		else
			tty_port_tty_hangup(&stress.port, true);
	}
	if (changed & lines & TIOCM_CTS)
		tty_port_tty_wakeup(&stress.port);
	wake_up_interruptible(&stress.port.delta_msr_wait);
}

static irqreturn_t stress_interrupt(int irq, void *device)
{
	struct stress_message m;
	bool pushed = false;

	if (time_travel_mode != TT_MODE_EXTERNAL)
		stress_read();
	while (stress.head - stress.tail >= sizeof(m)) {
		unsigned int i;

		for (i = 0; i < sizeof(m); i++)
			((u8 *)&m)[i] = stress.buffer[(stress.tail + i) % STRESS_IN];
		if (stress.head - stress.tail < sizeof(m) + m.length)
			break;
		stress.tail += sizeof(m);
		for (i = 0; i < m.length; i++) {
			/* A port that nobody has open receives nothing. */
			if (tty_port_initialized(&stress.port))
				tty_insert_flip_char(&stress.port, stress.buffer[stress.tail % STRESS_IN], TTY_NORMAL);
			stress.tail++;
			pushed = true;
		}
		if (m.kind == STRESS_LINES) {
			if (pushed)
				tty_flip_buffer_push(&stress.port);
			pushed = false;
			stress_modem(m.value);
		}
	}
	if (pushed)
		tty_flip_buffer_push(&stress.port);
	return IRQ_HANDLED;
}

static int __init stress_init(void)
{
	struct tty_driver *driver;
	int error;

	if (!*stress_path)
		return 0;
	stress.rate = 11520;
	stress.in = TIOCM_CTS | TIOCM_DSR;
	timer_setup(&stress.drained, stress_drained, 0);
	stress.fd = os_connect_socket(stress_path);
	if (stress.fd < 0) {
		pr_err("stress_tty: no socket %s: %d\n", stress_path, stress.fd);
		return stress.fd;
	}
	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	tty_port_init(&stress.port);
	stress.port.ops = &stress_port_operations;
	driver->driver_name = "stress_tty";
	driver->name = "ttyM";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = B115200 | CS8 | CREAD | HUPCL;
	driver->init_termios.c_ispeed = driver->init_termios.c_ospeed = 115200;
	tty_set_operations(driver, &stress_operations);
	tty_port_link_device(&stress.port, driver, 0);
	error = tty_register_driver(driver);
	if (error < 0)
		return error;
	stress.irq = um_request_irq_tt(UM_IRQ_ALLOC, stress.fd, IRQ_READ, stress_interrupt, 0, "stress_tty", &stress, stress_arrived);
	if (stress.irq < 0)
		return stress.irq;
	return 0;
}
device_initcall(stress_init);

/*
 * The packed initramfs lies in the guest's memory until it is unpacked; then the kernel frees it, but its host has no way to know. All that is free by
 * then is given back, and the host provides it again, as zeros, when the guest touches it.
 */
#define STRESS_LEAST_ORDER 4

extern int stress_give_back(void *address, unsigned long length);
extern int stress_zero_in_forks(void *address, unsigned long length);
extern int stress_zero(void *address, unsigned long length);

static int __init stress_give_back_free_memory(void)
{
	LIST_HEAD(taken);
	struct page *page, *next;
	int order;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
	wait_for_initramfs();
#endif
	for (order = 10; order >= STRESS_LEAST_ORDER; order--) {
		/* Nothing sleeps here, so nobody else finds memory short. */
		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY, order))) {
			set_page_private(page, order);
			list_add(&page->lru, &taken);
			stress_give_back(page_address(page), PAGE_SIZE << order);
		}
	}
	list_for_each_entry_safe(page, next, &taken, lru) {
		void *memory = page_address(page);

		order = page_private(page);
		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
#ifdef CONFIG_KASAN
		/*
		 * Nor is shadow kept for memory that nobody has had since boot: its eighth part. It is poisoned as any other from the first time on that
		 * it is freed; what boot itself has freed may be read unnoticed until then.
		 */
		stress_zero(kasan_mem_to_shadow(memory), (PAGE_SIZE << order) >> KASAN_SHADOW_SCALE_SHIFT);
#endif
	}
#ifdef CONFIG_KASAN
	/* A process of the guest is a fork of the kernel's on the host, which would keep the shadow as it was then; all that it needs is zeros. */
	stress_zero_in_forks((void *)KASAN_SHADOW_START, KASAN_SHADOW_END - KASAN_SHADOW_START);
#endif
	return 0;
}
late_initcall_sync(stress_give_back_free_memory);
