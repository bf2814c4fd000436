// SPDX-License-Identifier: GPL-2.0
#include "emu/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/serve.h"
#include "lib/alloc.h"
#include "lib/util.h"

#define BLANKS	" =\t\r"

static bool number(const char *text, u32 *n)
{
	unsigned long long v;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	v = strtoull(text, &end, 0);
	*n = v;
	return !*end && v <= UINT32_MAX;
}

static char *ok(void)
{
	return xstrdup("ok\n");
}

static char *do_poke(struct card *c, const char *offset, const char *value)
{
	u32 off, v;

	if (!number(offset, &off) || !number(value, &v))
		return xstrdup("error: poke wants an offset in the window and a 32-bit number\n");
	if (link_poke(c->link, off, v))
		return ok();
	return xasprintf("error: nothing at offset %s: the card has to be plugged in, and the offset "
			 "a multiple of 4 below %u\n", offset, MYDEV_HW_WINDOW_SIZE);
}

static char *do_interrupt(struct card *c, const char *vector, const char *times)
{
	u32 v, n = 1;
	bool well = number(vector, &v) && (!times || number(times, &n));

	while (well && n--)
		well = link_interrupt(c->link, v);
	if (well)
		return ok();
	return xasprintf("error: interrupt wants a vector below %u, and how often if not once, and "
			 "the card plugged in\n", MYDEV_PCI_IRQS);
}

static char *do_status(struct card *c, const char *none, const char *nothing)
{
	_json_cleanup_ json *j = json_object();
	size_t len;

	json_set_str(j, "version", MYDEV_VERSION);
	json_set_int(j, "pid", getpid());
	json_set_str(j, "model", c->ident.model == MYDEV_MODEL_MD2000 ? "md2000" : "md4000");
	json_set_str(j, "serial", c->ident.serial);
	link_json(c->link, j);
	json_set_int(j, "flash_ops", c->flash->ops);
	json_set_int(j, "entropy_bytes", c->entropy);
	json_set(j, "faults", knobs_json(c->knobs));
	return xasprintf("%s\n", json_text(j, &len));
}

static char *do_help(struct card *c, const char *none, const char *nothing)
{
	_free_cleanup_ char *knobs = knobs_help();

	return xasprintf("status                    what the card is and does, as JSON\n"
			 "poke OFFSET VALUE         writes a 32-bit number into the window\n"
			 "interrupt VECTOR [TIMES]  raises it for nothing\n"
			 "NAME VALUE                makes a fault, or mends it:\n%s", knobs);
}

static const struct {
	const char *name;
	char *(*run)(struct card *c, const char *a, const char *b);
} commands[] = {
	{ "poke", do_poke },
	{ "interrupt", do_interrupt },
	{ "status", do_status },
	{ "help", do_help },
};

static char *turn(struct card *c, const char *name, const char *value)
{
	_free_cleanup_ char *why = knobs_turn(c->knobs, name, value);

	if (why)
		return xasprintf("error: %s\n", why);
	link_wake(c->link);
	return ok();
}

/* Does what a line says: the answer, to be freed. */
static char *obey(struct card *c, char *line)
{
	char *state, *name = strtok_r(line, BLANKS, &state);
	const char *a = name ? strtok_r(NULL, BLANKS, &state) : NULL;
	const char *b = a ? strtok_r(NULL, BLANKS, &state) : NULL;
	size_t i;

	if (!name)
		return xstrdup("error: an empty line; `help` lists what can be asked\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(c, a, b);
	if (b)
		return xasprintf("error: %s takes one value, but there is %s behind it\n", name, b);
	return turn(c, name, a);
}

static void hang_up(struct control_client *k)
{
	close(take_fd(k->fd));
}

/* False: the client does not take its answer. */
static bool reply(struct control_client *k, const char *text)
{
	size_t len = strlen(text);

	return send(k->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* Obeys the lines that are complete. False: the client is to go. */
static bool obey_all(struct card *c, struct control_client *k)
{
	char *end;
	bool well = true;

	while (well && (end = memchr(k->line, '\n', k->len))) {
		_free_cleanup_ char *text = NULL;

		*end = '\0';
		text = obey(c, k->line);
		well = reply(k, text);
		k->len -= end + 1 - k->line;
		memmove(k->line, end + 1, k->len);
	}
	if (well && k->len == sizeof(k->line)) {
		reply(k, "error: the line is too long\n");
		return false;
	}
	return well;
}

static void hear(struct card *c, struct control_client *k)
{
	ssize_t n = recv(k->fd, k->line + k->len, sizeof(k->line) - k->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		k->len += n;
	if (n <= 0 || !obey_all(c, k))
		hang_up(k);
}

static void welcome(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	size_t i;

	if (fd < 0)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].fd < 0) {
			c->clients[i].fd = fd;
			c->clients[i].len = 0;
			return;
		}
	}
	close(fd);
}

void control_init(struct control *c, struct card *card, int listener)
{
	size_t i;

	c->card = card;
	c->listener = listener;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
}

void control_close(struct control *c)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			hang_up(&c->clients[i]);
	closep(&c->listener);
}

void control_watch(const struct control *c, struct pollfd *fds)
{
	size_t i;

	fds[0] = (struct pollfd){ .fd = c->listener, .events = POLLIN };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		fds[1 + i] = (struct pollfd){ .fd = c->clients[i].fd, .events = POLLIN };
}

void control_act(struct control *c, const struct pollfd *fds)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (fds[1 + i].revents)
			hear(c->card, &c->clients[i]);
	if (fds[0].revents)
		welcome(c);
}

static bool send_words(int fd, char **words)
{
	_free_cleanup_ char *line = xstrdup("");
	size_t len;

	for (; *words; words++) {
		char *longer = xasprintf("%s%s%c", line, *words, words[1] ? ' ' : '\n');

		free(line);
		line = longer;
	}
	len = strlen(line);
	return send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len && !shutdown(fd, SHUT_WR);
}

int control_tell(const char *path, char **words)
{
	_close_cleanup_ int fd = serve_connect(path);
	char answer[16384];
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || !send_words(fd, words)) {
		fprintf(stderr, "mydev-emu: nobody answers at %s (%s): is that the --control of a "
			"mydev-emu that runs?\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	for (; n > 0 && len < sizeof(answer) - 1; len += n > 0 ? n : 0)
		n = read(fd, answer + len, sizeof(answer) - 1 - len);
	answer[len] = '\0';
	if (len && strncmp(answer, "error: ", 7)) {
		fputs(answer, stdout);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "mydev-emu: %s", len ? answer + 7 : "it ended before it answered\n");
	return EXIT_FAILURE;
}
