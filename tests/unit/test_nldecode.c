// SPDX-License-Identifier: GPL-2.0
/* What comes over netlink, well-formed and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <string.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/nldecode.h"

struct message {
	char data[4096];
	size_t len;
};

static void put(struct message *m, int type, const void *data, size_t len)
{
	const struct nlattr attr = { .nla_type = type, .nla_len = NLA_HDRLEN + len };

	memcpy(m->data + m->len, &attr, sizeof(attr));
	memcpy(m->data + m->len + NLA_HDRLEN, data, len);
	m->len += NLA_ALIGN(attr.nla_len);
}

static void put_u32(struct message *m, int type, uint32_t v)
{
	put(m, type, &v, sizeof(v));
}

static struct message adapter_message(void)
{
	struct message inner = { .len = 0 }, m = { .len = 0 };
	const struct mydev_hw_status status = { .channels = 2 };

	put_u32(&inner, MYDEV_A_ADAPTER_INDEX, 7);
	put(&inner, MYDEV_A_ADAPTER_DEVNAME, "mydev7", 7);
	put(&inner, MYDEV_A_ADAPTER_SERIAL, "SN\x01\xff\n1", 7);
	put(&inner, MYDEV_A_ADAPTER_STATE, "\x01", 1);
	put(&inner, MYDEV_A_ADAPTER_STATUS, &status, sizeof(status));
	put(&inner, 99, "future", 6);
	put(&m, MYDEV_A_ADAPTER | NLA_F_NESTED, inner.data, inner.len);
	return m;
}

static void test_adapter(void **state)
{
	struct message m = adapter_message();
	struct mdnl_adapter a;

	assert_true(mdnl_decode_adapter(m.data, m.len, &a));
	assert_int_equal(a.index, 7);
	assert_int_equal(a.state, 1);
	assert_int_equal(a.status.channels, 2);
	/* What could upset a terminal is not passed on. */
	assert_string_equal(a.serial, "SN???1");
	assert_true(MDNL_HAVE(&a, MYDEV_A_ADAPTER_STATUS));
	assert_false(MDNL_HAVE(&a, MYDEV_A_ADAPTER_FW));
}

static void test_lengths(void **state)
{
	struct message inner = { .len = 0 }, m = { .len = 0 };
	struct mdnl_adapter a;
	char longer[300] = { 5 }, name[100];

	memset(name, 'n', sizeof(name));
	put_u32(&inner, MYDEV_A_ADAPTER_INDEX, 1);
	put(&inner, MYDEV_A_ADAPTER_DEVNAME, name, sizeof(name));	/* not terminated, too long */
	put(&inner, MYDEV_A_ADAPTER_MODEL, "\x20\x00\x00\x00", 4);	/* a u16 of 4 bytes */
	put(&inner, MYDEV_A_ADAPTER_STATUS, longer, sizeof(longer));	/* of a newer kernel */
	put(&inner, MYDEV_A_ADAPTER_FW, "\x01\x00\x02", 3);		/* of an older one */
	put(&m, MYDEV_A_ADAPTER, inner.data, inner.len);
	assert_true(mdnl_decode_adapter(m.data, m.len, &a));
	assert_int_equal(strlen(a.name), sizeof(a.name) - 1);
	assert_false(MDNL_HAVE(&a, MYDEV_A_ADAPTER_MODEL));
	assert_int_equal(a.status.alarms, 5);
	assert_int_equal(a.fw.running, 1);
	assert_int_equal(a.fw.revert_reason, 2);
	assert_int_equal(a.fw.counter, 0);
}

static void test_missing(void **state)
{
	struct message m = { .len = 0 };
	struct mdnl_adapter a;
	struct mdnl_event ev;
	struct mdnl_flash f;
	struct mdnl_version v;
	uint32_t index;

	assert_false(mdnl_decode_adapter(m.data, 0, &a));
	assert_false(mdnl_decode_event(m.data, 0, &ev));
	assert_false(mdnl_decode_progress(m.data, 0, &index, &f));
	assert_false(mdnl_decode_version(m.data, 0, &v));
	put(&m, MYDEV_A_ADAPTER, "", 0);
	assert_false(mdnl_decode_adapter(m.data, m.len, &a));
}

static void test_key_names(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "temp.warn", true }, { "a", true }, { "", false }, { ".a", false },
		{ "a=b", false }, { "[Match]", false }, { "a b", false }, { "#a", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message m = { .len = 0 };
		struct mdnl_config c;

		put(&m, MYDEV_A_CONFIG_KEY_ID, "\x01\x00", 2);
		put(&m, MYDEV_A_CONFIG_NAME, cases[i].name, strlen(cases[i].name) + 1);
		assert_int_equal(mdnl_decode_config(m.data, m.len, &c), cases[i].good);
	}
}

/* Every prefix, in memory of just that size, and every byte changed. */
static void test_malformed(void **state)
{
	struct message m = adapter_message();
	struct mdnl_adapter a;

	for (size_t len = 0; len <= m.len; len++) {
		_free_cleanup_ char *copy = xmalloc(len);

		memcpy(copy, m.data, len);
		mdnl_decode_adapter(copy, len, &a);
	}
	for (size_t at = 0; at < m.len; at++) {
		for (int v = 0; v < 256; v += 5) {
			_free_cleanup_ char *copy = xmalloc(m.len);

			memcpy(copy, m.data, m.len);
			copy[at] = v;
			mdnl_decode_adapter(copy, m.len, &a);
			assert_true(memchr(a.name, 0, sizeof(a.name)));
			assert_true(memchr(a.serial, 0, sizeof(a.serial)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adapter),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_key_names),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
