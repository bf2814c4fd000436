// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/cli.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/alloc.h"
#include "lib/utf8.h"
#include "mgmtcli/text.h"

#define CONNECT_MS	2000
/* What an answer may take longer than mydevd promises: systemd may have to start it. */
#define SLACK_MS	3000

void cli_init(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	*cli = (struct cli){
		.out = stdout, .err = stderr, .in = stdin,
		.socket = RPC_SOCKET, .firmware_dir = "/lib/firmware/mydev",
	};
	cli->tty = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
	cli->ask = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	cli->color = cli->tty && !(no_color && *no_color);
	cli_window(cli);
	rpc_client_init(&cli->client);
}

void cli_window(struct cli *cli)
{
	struct winsize ws;

	if (!cli->tty || ioctl(fileno(cli->out), TIOCGWINSZ, &ws))
		return;
	cli->columns = ws.ws_col;
	cli->rows = ws.ws_row;
}

void cli_free(struct cli *cli)
{
	rpc_client_close(&cli->client);
	rpc_error_clear(&cli->error);
}

/* Methods that change something or that doc/openrpc.json gives other than its 1000 ms; a test
 * compares. */
static const struct method {
	const char *name;
	int ms;
	bool changes;
} methods[] = {
	{ "daemon.support", 30000, false },
	{ "adapter.locate", 5000, true },
	{ "adapter.reset", 5000, true },
	{ "adapter.selftest", 5000, true },
	{ "adapter.log", 10000, false },
	{ "firmware.list", 5000, false },
	{ "firmware.verify", 10000, false },
	{ "firmware.flash", 10000, true },
	{ "firmware.activate", 5000, true },
	{ "firmware.rollback", 5000, true },
	{ "firmware.cancel", 5000, true },
	{ "config.set", 5000, true },
	{ "config.reset", 5000, true },
	{ "config.apply", 30000, true },
	{ "guest.attach", 5000, true },
	{ "guest.detach", 20000, true },
	{ "guest.list", 5000, false },
};

static const struct method *find_method(const char *name)
{
	static const struct method other = { "", 1000, false };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return &other;
}

int cli_deadline(const char *method)
{
	return find_method(method)->ms;
}

bool cli_changes(const char *method)
{
	return find_method(method)->changes;
}

/* Without an answer, nobody knows whether it was done. */
static void explain_silence(struct rpc_error *e, const char *method)
{
	if ((e->code == RPC_TIMED_OUT || e->code == RPC_UNREACHABLE) && cli_changes(method))
		rpc_error_hint(e, "it may have been done, or be going on: see mydevcli events, and mydevcli show");
}

/*
 * An error of JSON-RPC itself: mydevd is older or newer than we are, or we asked for what
 * it does not take. Says which, with an exit code.
 */
static void explain_protocol_error(struct cli *cli)
{
	struct rpc_error *e = &cli->error;
	_rpc_error_cleanup_ struct rpc_error ignored = { 0 };
	_json_cleanup_ json *v = rpc_client_call(&cli->client, "daemon.version", NULL, -1,
						 cli_deadline("daemon.version") + SLACK_MS, &ignored);
	const char *daemon = json_str(json_get(v, "daemon"), NULL);
	bool skew = daemon && strcmp(daemon, MYDEV_VERSION);

	if (e->code == RPC_INVALID_PARAMS && !skew) {
		e->code = RPC_USAGE;
		return;
	}
	if (e->code == RPC_METHOD_NOT_FOUND || skew) {
		rpc_error_set(e, RPC_FAILED, "mydevd %s cannot do what mydevcli " MYDEV_VERSION
			      " asks for: %s", daemon ? daemon : "(of unknown version)", e->message);
		rpc_error_hint(e, "after an update, restart the daemon: systemctl restart mydevd");
	}
	e->code = RPC_FAILED;
}

json *cli_call(struct cli *cli, const char *method, json *params, int fd)
{
	struct rpc_error *e = &cli->error;
	json *result;

	rpc_error_clear(e);
	if (cli->client.sock < 0 &&
	    rpc_client_connect(&cli->client, cli->socket, CONNECT_MS, e)) {
		json_unref(params);
		return NULL;
	}
	result = rpc_client_call(&cli->client, method, params, fd,
				 cli_deadline(method) + SLACK_MS, e);
	if (!result && e->code < 0)
		explain_protocol_error(cli);
	if (cli->client.sock < 0)
		explain_silence(e, method);
	return cli->json ? result : text_clean_json(result);
}

/*
 * JSON leaves characters as they are that a terminal would obey; as escapes they are the
 * same text. Such bytes occur within strings only.
 */
static void put_json(FILE *out, const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "\x7f\xc2");
		unsigned char c = s[n], next = c ? s[n + 1] : 0;

		fwrite(s, 1, n, out);
		if (!c)
			break;
		s += n + 1;
		if (c == 0x7f) {
			fputs("\\u007f", out);
		} else if (next >= 0x80 && next < 0xa0) {
			fprintf(out, "\\u%04x", next);
			s++;
		} else {
			fputc(c, out);
		}
	}
	fputc('\n', out);
	fflush(out);
}

void cli_json(struct cli *cli, json *v)
{
	put_json(cli->out, json_pretty(v));
}

void cli_json_line(struct cli *cli, json *v)
{
	put_json(cli->out, json_text(v, NULL));
}

void cli_say(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->json)
		return;
	va_start(ap, fmt);
	vfprintf(cli->out, fmt, ap);
	va_end(ap);
	fputc('\n', cli->out);
	fflush(cli->out);
}

void cli_note(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->json)
		return;
	va_start(ap, fmt);
	fputs("mydevcli: ", cli->err);
	vfprintf(cli->err, fmt, ap);
	va_end(ap);
	fputc('\n', cli->err);
}

void cli_print_error(struct cli *cli, const char *what, const struct rpc_error *e)
{
	_free_cleanup_ char *message = text_clean(e->message ? e->message : "");
	_free_cleanup_ char *hint = text_clean(e->hint ? e->hint : "");
	_free_cleanup_ char *about = text_clean(what ? what : "");
	size_t n = strlen(about);
	/* Messages often begin with what they are about. */
	bool named = n && !strncmp(message, about, n) && strchr(": ", message[n]);

	fprintf(cli->err, "mydevcli: %s%s%s\n", named ? "" : about, n && !named ? ": " : "",
		message);
	if (*hint)
		fprintf(cli->err, "  hint: %s\n", hint);
}

int cli_confirm(struct cli *cli, const char *fmt, ...)
{
	_free_cleanup_ char *question = NULL;
	char answer[16];
	va_list ap;

	if (cli->yes)
		return 0;
	va_start(ap, fmt);
	question = xvasprintf(fmt, ap);
	va_end(ap);
	if (cli->json || !cli->ask) {
		rpc_error_set(&cli->error, RPC_REFUSED, "this needs a confirmation, and nobody is there to "
			      "ask: %s", question);
		rpc_error_hint(&cli->error, "if it is meant, add --yes");
		return cli->error.code;
	}
	fprintf(cli->err, "%s [y/N] ", question);
	fflush(cli->err);
	if (fgets(answer, sizeof(answer), cli->in) && strchr("yY", answer[0]) && answer[0])
		return 0;
	return rpc_error_set(&cli->error, RPC_REFUSED, "not confirmed, nothing was done");
}

json *cli_adapters(char **words, unsigned int n)
{
	json *params = json_object(), *list;

	if (!n)
		return params;
	list = json_array();
	for (unsigned int i = 0; i < n; i++)
		json_append(list, json_string(words[i]));
	json_set(params, "adapters", list);
	return params;
}
