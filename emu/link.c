// SPDX-License-Identifier: GPL-2.0
#include "emu/link.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/env.h"
#include "emu/log.h"

_Static_assert(sizeof(struct mydev_hw_window) == MYDEV_HW_WINDOW_SIZE, "the window's size");

/* The host reads and writes these at any time: each is read or written once, and as a whole. */
static u32 get32(const __le32 *reg)
{
	return le32_to_cpu(__atomic_load_n(reg, __ATOMIC_ACQUIRE));
}

static void put32(__le32 *reg, u32 value)
{
	__atomic_store_n(reg, cpu_to_le32(value), __ATOMIC_RELEASE);
}

/* Copies out of the window. From there on the compiler has nothing but the copy. */
static void copy_in(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* The other side has the descriptor too, and may have filled it: then it is signalled. */
static void signal_fd(int fd)
{
	if (eventfd_write(fd, 1) && errno != EAGAIN)
		abort();
}

static void drain(int fd)
{
	eventfd_t n;

	eventfd_read(fd, &n);
}

int link_init(struct link *l, struct knobs *knobs)
{
	unsigned int i;

	*l = (struct link){ .knobs = knobs, .lock = PTHREAD_MUTEX_INITIALIZER };
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake < 0)
		return -errno;
	for (i = 0; i < MYDEV_PCI_IRQS; i++) {
		l->ring[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		l->irq[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (l->ring[i] < 0 || l->irq[i] < 0)
			return -errno;
	}
	return 0;
}

void link_free(struct link *l)
{
	unsigned int i;

	close(l->wake);
	for (i = 0; i < MYDEV_PCI_IRQS; i++) {
		close(l->ring[i]);
		close(l->irq[i]);
	}
	pthread_mutex_destroy(&l->lock);
}

void link_wake(struct link *l)
{
	signal_fd(l->wake);
}

static void raise_irq(struct link *l, unsigned int vector)
{
	u32 delay = knob(l->knobs, KNOB_INTERRUPT_DELAY_MS);

	if (knob_take(l->knobs, KNOB_LOSE_INTERRUPTS))
		return;
	if (!delay) {
		signal_fd(l->irq[vector]);
		return;
	}
	if (!l->late[vector])
		l->late[vector] = env_now_ms() + delay;
	link_wake(l);
}

/* Raises what is due; the ms until the next, or -1. */
static int raise_late(struct link *l)
{
	u64 now = env_now_ms();
	int wait = -1, left;
	unsigned int i;

	for (i = 0; i < MYDEV_PCI_IRQS; i++) {
		if (!l->late[i])
			continue;
		if (l->late[i] <= now) {
			l->late[i] = 0;
			signal_fd(l->irq[i]);
			continue;
		}
		left = l->late[i] - now;
		wait = wait < 0 || left < wait ? left : wait;
	}
	return wait;
}

/* An index that the card moved; or what it writes instead. */
static void tell_index(struct link *l, __le32 *reg, u32 value)
{
	put32(reg, knob_take(l->knobs, KNOB_GARBLE_INDICES) ? env_random() : value);
}

static void set_state(struct link *l, enum mydev_hw_card_state state)
{
	l->state = state;
	put32(&l->window->card.state, state);
}

/* As after power-on, but for the generation. */
static void begin_life(struct link *l)
{
	struct mydev_hw_card_regs *regs = &l->window->card;

	l->life++;
	l->sq_head = 0;
	l->cq_tail = 0;
	l->eq_tail = 0;
	l->events_lost = 0;
	memset(l->late, 0, sizeof(l->late));
	put32(&regs->sq_head, 0);
	put32(&regs->cq_tail, 0);
	put32(&regs->eq_tail, 0);
	put32(&regs->events_lost, 0);
	set_state(l, MYDEV_CARD_BOOTING);
}

/* Memory that can neither shrink nor grow, whatever who gets it tries. */
static int make_memory(void)
{
	int fd = memfd_create("mydev-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, MYDEV_HW_WINDOW_SIZE) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int link_plug(struct link *l)
{
	struct mydev_hw_window *w;
	int fd = make_memory();
	unsigned int i;
	int err;

	if (fd < 0)
		return fd;
	w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (w == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	/* What the host before left. */
	for (i = 0; i < MYDEV_PCI_IRQS; i++)
		drain(l->irq[i]);
	w->card.magic = cpu_to_le32(MYDEV_HW_MAGIC);
	w->card.version = cpu_to_le16(MYDEV_HW_VERSION);
	w->card.window_size = cpu_to_le32(sizeof(*w));
	pthread_mutex_lock(&l->lock);
	l->window = w;
	l->generation = 0;
	begin_life(l);
	pthread_mutex_unlock(&l->lock);
	link_wake(l);
	return fd;
}

void link_unplug(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	munmap(l->window, sizeof(*l->window));
	l->window = NULL;
	l->life++;
	pthread_mutex_unlock(&l->lock);
	link_wake(l);
}

static void obey_reset(struct link *l)
{
	u32 asked = get32(&l->window->host.reset);

	if (!asked || asked == l->generation || knob(l->knobs, KNOB_DEAF))
		return;
	if (knob(l->knobs, KNOB_HANG) == HANG_UNTIL_RESET)
		knob_set(l->knobs, KNOB_HANG, HANG_NO);
	begin_life(l);
	l->resets++;
	l->generation = asked;
	put32(&l->window->card.generation, asked);
	raise_irq(l, MYDEV_PCI_IRQ_EVENT);
}

void link_reset(struct link *l)
{
	drain(l->ring[MYDEV_PCI_RING_RESET]);
	pthread_mutex_lock(&l->lock);
	if (l->window)
		obey_reset(l);
	pthread_mutex_unlock(&l->lock);
	link_wake(l);
}

void link_stop(struct link *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopped = true;
	l->life++;
	pthread_mutex_unlock(&l->lock);
	link_wake(l);
}

enum link_power link_life(struct link *l, u32 *life)
{
	enum link_power power = LINK_OFF;

	pthread_mutex_lock(&l->lock);
	*life = l->life;
	if (l->stopped)
		power = LINK_STOPPED;
	else if (l->window)
		power = LINK_ON;
	pthread_mutex_unlock(&l->lock);
	return power;
}

void link_wait(struct link *l, int ms)
{
	struct pollfd fds[] = {
		{ .fd = l->wake, .events = POLLIN },
		{ .fd = l->ring[MYDEV_PCI_RING_SUBMIT], .events = POLLIN },
	};

	int late;

	pthread_mutex_lock(&l->lock);
	late = raise_late(l);
	pthread_mutex_unlock(&l->lock);
	if (late >= 0 && (ms < 0 || late < ms))
		ms = late;
	if (poll(fds, 2, ms) <= 0)
		return;
	drain(l->wake);
	drain(l->ring[MYDEV_PCI_RING_SUBMIT]);
}

static bool fault(struct link *l, const char *rule)
{
	say("the host broke a rule of the queues (%s): nothing more until a reset", rule);
	set_state(l, MYDEV_CARD_FAULT);
	raise_irq(l, MYDEV_PCI_IRQ_EVENT);
	return false;
}

/* Whether the controller, which lives that life, may use the queues. */
static bool usable(const struct link *l, u32 life)
{
	return life == l->life && l->window && l->state != MYDEV_CARD_FAULT;
}

/* Whether the host has not taken the tag's last answer yet. */
static bool waits(const struct link *l, u32 tag)
{
	u32 n = model_min(l->cq_tail - get32(&l->window->host.cq_head), MYDEV_HW_TAGS);

	for (; n; n--)
		if (l->answered[(l->cq_tail - n) % MYDEV_HW_TAGS] == tag)
			return true;
	return false;
}

static bool id_ok(struct link *l, u16 id)
{
	u32 tag = MYDEV_HW_ID_TAG(id);

	if (tag >= MYDEV_HW_TAGS)
		return fault(l, "a tag that does not exist");
	if (MYDEV_HW_ID_GENERATION(id) != (l->generation & 0xff))
		return fault(l, "an id of another generation");
	if (waits(l, tag))
		return fault(l, "a tag that is in use");
	return true;
}

/* Copies the next entry of the submission queue; false: there is none, or nonsense. */
static bool next_entry(struct link *l, struct mydev_hw_cmd *cmd)
{
	struct mydev_hw_window *w = l->window;
	u32 tail = get32(&w->host.sq_tail);

	if (tail - l->sq_head > MYDEV_HW_TAGS)
		return fault(l, "more submitted than the queue holds");
	if (tail == l->sq_head)
		return false;
	copy_in(cmd, &w->sq[l->sq_head % MYDEV_HW_TAGS], sizeof(*cmd));
	tell_index(l, &w->card.sq_head, ++l->sq_head);
	return true;
}

static void take_data(const struct link *l, struct link_command *c)
{
	const struct mydev_hw_window *w = l->window;
	u32 tag = MYDEV_HW_ID_TAG(le16_to_cpu(c->cmd.id));
	u32 len = le32_to_cpu(c->cmd.in_len);

	if (len <= MYDEV_HW_DATA_MAX)
		copy_in(c->in, w->buffers[tag].in, len);
	else if (len <= MYDEV_HW_BULK_MAX && tag < MYDEV_HW_BULKS)
		copy_in(c->in, w->bulk[tag], len);
	else
		/* More than the tag has room for: the model's to refuse, like any that is too much. */
		c->cmd.in_len = cpu_to_le32(UINT32_MAX);
}

static bool take(struct link *l, struct link_command *c)
{
	do {
		if (!next_entry(l, &c->cmd))
			return false;
	} while (knob_take(l->knobs, KNOB_LOSE_COMMANDS));
	if (!id_ok(l, le16_to_cpu(c->cmd.id)))
		return false;
	take_data(l, c);
	l->commands++;
	return true;
}

bool link_take(struct link *l, u32 life, struct link_command *c)
{
	bool taken;

	pthread_mutex_lock(&l->lock);
	taken = usable(l, life) && l->state != MYDEV_CARD_BOOTING && take(l, c);
	pthread_mutex_unlock(&l->lock);
	return taken;
}

static bool has_room(const struct link *l)
{
	return l->cq_tail - get32(&l->window->host.cq_head) < MYDEV_HW_TAGS;
}

static void put_completion(struct link *l, const struct mydev_hw_cpl *cpl, u32 tag)
{
	l->answered[l->cq_tail % MYDEV_HW_TAGS] = tag;
	l->window->cq[l->cq_tail % MYDEV_HW_TAGS] = *cpl;
	tell_index(l, &l->window->card.cq_tail, ++l->cq_tail);
	l->completions++;
	raise_irq(l, MYDEV_PCI_IRQ_COMPLETION);
}

static void complete(struct link *l, const struct link_command *c, u32 out_len)
{
	u32 tag = MYDEV_HW_ID_TAG(le16_to_cpu(c->cmd.id));

	if (!has_room(l)) {
		fault(l, "a completion queue without room for a completion");
		return;
	}
	memcpy(l->window->buffers[tag].out, c->out, out_len);
	put_completion(l, &c->cpl, tag);
}

bool link_stray(struct link *l, u32 life)
{
	struct mydev_hw_cpl cpl;
	bool room;

	env_random_bytes(&cpl, sizeof(cpl));
	pthread_mutex_lock(&l->lock);
	room = usable(l, life) && has_room(l);
	if (room)
		put_completion(l, &cpl, MYDEV_HW_TAGS);
	pthread_mutex_unlock(&l->lock);
	return room;
}

void link_answer(struct link *l, u32 life, struct link_command *c)
{
	u32 out_len = model_min(le32_to_cpu(c->cpl.out_len), sizeof(c->out));

	pthread_mutex_lock(&l->lock);
	if (usable(l, life))
		complete(l, c, out_len);
	pthread_mutex_unlock(&l->lock);
	/* It may have been entropy. */
	model_wipe(c->out, out_len);
}

static void tell(struct link *l, const struct mydev_hw_event *ev)
{
	struct mydev_hw_window *w = l->window;
	u32 waiting = l->eq_tail - get32(&w->host.eq_head);

	if (waiting > MYDEV_HW_EVENTS) {
		fault(l, "more events consumed than there were");
		return;
	}
	if (waiting == MYDEV_HW_EVENTS) {
		put32(&w->card.events_lost, ++l->events_lost);
		return;
	}
	w->eq[l->eq_tail % MYDEV_HW_EVENTS] = *ev;
	tell_index(l, &w->card.eq_tail, ++l->eq_tail);
	l->events++;
	raise_irq(l, MYDEV_PCI_IRQ_EVENT);
}

void link_event(struct link *l, u32 life, const struct mydev_hw_event *ev)
{
	pthread_mutex_lock(&l->lock);
	if (usable(l, life))
		tell(l, ev);
	pthread_mutex_unlock(&l->lock);
}

void link_state(struct link *l, u32 life, enum mydev_hw_card_state state)
{
	pthread_mutex_lock(&l->lock);
	if (usable(l, life) && l->state != state) {
		set_state(l, state);
		raise_irq(l, MYDEV_PCI_IRQ_EVENT);
	}
	pthread_mutex_unlock(&l->lock);
}

bool link_poke(struct link *l, u32 off, u32 value)
{
	bool well;

	pthread_mutex_lock(&l->lock);
	well = l->window && off % sizeof(__le32) == 0 && off < sizeof(*l->window);
	if (well)
		put32((__le32 *)((u8 *)l->window + off), value);
	pthread_mutex_unlock(&l->lock);
	return well;
}

bool link_interrupt(struct link *l, u32 vector)
{
	bool well;

	pthread_mutex_lock(&l->lock);
	well = l->window && vector < MYDEV_PCI_IRQS;
	if (well)
		raise_irq(l, vector);
	pthread_mutex_unlock(&l->lock);
	return well;
}

void link_json(struct link *l, json *j)
{
	static const char *const states[] = {
		[MYDEV_CARD_BOOTING] = "booting",
		[MYDEV_CARD_READY] = "ready",
		[MYDEV_CARD_FAULT] = "fault",
		[MYDEV_CARD_DEAD] = "dead",
	};

	pthread_mutex_lock(&l->lock);
	json_set_bool(j, "plugged", l->window);
	json_set_str(j, "state", l->window ? states[l->state] : "off");
	json_set_int(j, "generation", l->generation);
	json_set_int(j, "resets", l->resets);
	json_set_int(j, "commands", l->commands);
	json_set_int(j, "completions", l->completions);
	json_set_int(j, "events", l->events);
	json_set_int(j, "events_lost", l->events_lost);
	pthread_mutex_unlock(&l->lock);
}
