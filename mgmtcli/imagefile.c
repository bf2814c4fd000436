// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/imagefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"

/* As mydevd takes it. */
#define NAME_MAX_BYTES 255

/* A descriptor or -errno. Never waits, as opening a FIFO would; nor takes what is no file. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

static bool same_content(int a, int b)
{
	char buf_a[16384], buf_b[16384];
	off_t pos = 0;
	ssize_t n;

	for (;; pos += n) {
		n = pread(a, buf_a, sizeof(buf_a), pos);
		if (n < 0 || pread(b, buf_b, sizeof(buf_b), pos) != n || memcmp(buf_a, buf_b, n))
			return false;
		if (!n)
			return true;
	}
}

/* Where else `name` may be; NULL when it says by itself that it is a path. */
static char *below_firmware_dir(struct cli *cli, const char *name)
{
	if (*name == '/' || *name == '.' || strstr(name, ".."))
		return NULL;
	return xasprintf("%s/%s", cli->firmware_dir, name);
}

static int open_failed(struct cli *cli, const char *name, const char *other, int error)
{
	struct rpc_error *e = &cli->error;

	switch (error) {
	case -ENOENT:
		rpc_error_set(e, RPC_NOT_FOUND, "%s: no such file%s%s", name,
			      other ? ", nor " : "", other ? other : "");
		rpc_error_hint(e, "firmware files of this host are listed by: mydevcli firmware list");
		break;
	case -EACCES:
		rpc_error_set(e, RPC_NOT_PERMITTED, "%s: no permission to read it", name);
		break;
	case -EISDIR:
		rpc_error_set(e, RPC_REFUSED, "%s: is a directory", name);
		break;
	case -EINVAL:
		rpc_error_set(e, RPC_REFUSED, "%s: is no regular file", name);
		break;
	default:
		rpc_error_set(e, RPC_FAILED, "%s: %s", name, strerror(-error));
	}
	return -1;
}

int image_open(struct cli *cli, const char *name)
{
	_free_cleanup_ char *other = below_firmware_dir(cli, name);
	_close_cleanup_ int fd_other = -1;
	int fd = open_regular(name);

	if (other)
		fd_other = open_regular(other);
	if (fd == -ENOENT && fd_other >= 0) {
		fd = fd_other;
		fd_other = -1;
	}
	if (fd < 0)
		return open_failed(cli, name, other, fd == -ENOENT && other && fd_other != -ENOENT ?
				   fd_other : fd);
	if (fd_other >= 0 && !same_content(fd, fd_other)) {
		close(fd);
		rpc_error_set(&cli->error, RPC_REFUSED, "%s: this file and %s differ", name, other);
		rpc_error_hint(&cli->error, "say which: ./%s or %s", name, other);
		return -1;
	}
	return fd;
}

json *image_params(const char *name)
{
	json *params = json_object();
	size_t n = strlen(name);

	/* The end of a long path tells more than its beginning. */
	json_set_str(params, "name", n > NAME_MAX_BYTES ? name + n - NAME_MAX_BYTES : name);
	return params;
}
