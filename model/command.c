// SPDX-License-Identifier: GPL-2.0
#include "command.h"
#include "config.h"
#include "entropy.h"
#include "log.h"
#include "selftest.h"
#include "state.h"
#include "update.h"

#define LOCATE_MAX	86400		/* s */

_Static_assert(sizeof(struct mydev_hw_cmd) == 32, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_cpl) == 16, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_identity) == 64, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_status) == 168, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_fw_info) == 120, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_config_value) == 40, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_config_desc) == 128, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_event) == 16, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_log_entry) == 24, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, host) == 0x800, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, sq) == 0x1000, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, cq) == 0x1200, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, eq) == 0x1400, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, buffers) == 0x2000, "mydev/hw.h");
_Static_assert(offsetof(struct mydev_hw_window, bulk) == 0x40000, "mydev/hw.h");
_Static_assert(sizeof(struct mydev_hw_window) == MYDEV_HW_WINDOW_SIZE, "mydev/hw.h");

void model_reply(struct model_call *c, const void *reply, u32 len)
{
	c->out_len = model_min(len, c->out_max);
	if (c->out_len)
		memcpy(c->out, reply, c->out_len);
}

bool model_reply_has_room(const struct model_call *c, u32 len)
{
	return len <= c->out_max - c->out_len;
}

void model_reply_append(struct model_call *c, const void *element, u32 len)
{
	memcpy(c->out + c->out_len, element, len);
	c->out_len += len;
}

static u16 identify(struct model *m, struct model_call *c)
{
	const struct model_geometry *g = &m->card.geometry;
	struct mydev_hw_identity id;

	memset(&id, 0, sizeof(id));
	id.magic = cpu_to_le32(MYDEV_HW_MAGIC);
	id.version = cpu_to_le16(MYDEV_HW_VERSION);
	id.model = cpu_to_le16(m->card.model);
	memcpy(id.serial, m->card.serial, sizeof(id.serial));
	id.board_rev = cpu_to_le16(m->card.board_rev);
	id.channels = m->channels;
	id.caps = cpu_to_le32(m->ops->verify ? MYDEV_CAP_VERIFIES_SIGNATURE : 0);
	id.features = cpu_to_le32(m->boot.features);
	id.allowed = cpu_to_le32(MYDEV_CLASS_ALL);
	id.slot_size = cpu_to_le32(g->slot_size);
	id.sector_size = cpu_to_le32(g->sector_size);
	id.page_size = cpu_to_le32(g->page_size);
	id.config_keys = cpu_to_le16(model_config_keys(m));
	id.running = m->boot.slot[m->boot.running].version;
	model_reply(c, &id, sizeof(id));
	return MYDEV_ST_OK;
}

static u32 alarms(const struct model *m)
{
	u32 alarms = model_sensor_alarms(m);

	if (model_channel_alarm(m))
		alarms |= MYDEV_ALARM_CHANNEL;
	if (m->config.lost)
		alarms |= MYDEV_ALARM_NVRAM;
	if (m->boot.record.revert != MYDEV_REVERT_NONE)
		alarms |= MYDEV_ALARM_REVERTED;
	return alarms;
}

static u32 locate_left(const struct model *m)
{
	u64 now = model_uptime_ms(m);

	return m->locate_end_ms > now ? model_div(m->locate_end_ms - now + 999, 1000) : 0;
}

static u16 status(struct model *m, struct model_call *c)
{
	struct mydev_hw_status st;

	memset(&st, 0, sizeof(st));
	st.alarms = cpu_to_le32(alarms(m));
	st.temperature = cpu_to_le32(m->ops->temperature(m->env));
	st.voltage = cpu_to_le32(m->ops->voltage(m->env));
	st.locate_left = cpu_to_le32(locate_left(m));
	st.uptime_ms = cpu_to_le64(model_uptime_ms(m));
	st.boots = m->boot.record.boots;
	st.config_gen = cpu_to_le32(m->config.gen);
	st.selftest = m->selftest.result;
	st.selftest_failed = cpu_to_le16(m->selftest.failed);
	model_channel_status(m, &st);
	model_reply(c, &st, sizeof(st));
	return MYDEV_ST_OK;
}

static u16 hello(struct model *m, struct model_call *c)
{
	if (MYDEV_HW_VERSION_MAJOR(c->arg[0]) != MYDEV_HW_VERSION_MAJOR(MYDEV_HW_VERSION))
		return MYDEV_ST_INVALID;
	model_boot_hello(m);
	return MYDEV_ST_OK;
}

static u16 locate(struct model *m, struct model_call *c)
{
	struct model_notice n = {
		.type = MYDEV_EV_LOCATE,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.value = c->arg[0],
	};

	if (c->arg[0] > LOCATE_MAX)
		return MYDEV_ST_INVALID;
	m->locate_end_ms = c->arg[0] ? model_uptime_ms(m) + c->arg[0] * 1000ULL : 0;
	model_tell(m, &n);
	return MYDEV_ST_OK;
}

static u16 reset(struct model *m, struct model_call *c)
{
	m->restart = true;
	return MYDEV_ST_OK;
}

static const struct command {
	u8 opcode;
	u16 (*run)(struct model *m, struct model_call *c);
	u32 in_min, in_max;	/* bytes of data to the adapter */
	u16 in_unit;		/* which are whole ones of these */
	u16 out_min;		/* bytes that the host has to take at least */
} commands[] = {
	{ .opcode = MYDEV_OP_IDENTIFY, .run = identify },
	{ .opcode = MYDEV_OP_STATUS, .run = status },
	{ .opcode = MYDEV_OP_HELLO, .run = hello },
	{ .opcode = MYDEV_OP_FW_INFO, .run = model_update_info },
	{ .opcode = MYDEV_OP_FW_BEGIN, .run = model_update_begin },
	{ .opcode = MYDEV_OP_FW_ERASE, .run = model_update_erase },
	{ .opcode = MYDEV_OP_FW_WRITE, .run = model_update_write,
	  .in_min = 1, .in_max = MYDEV_HW_BULK_MAX, .in_unit = 1 },
	{ .opcode = MYDEV_OP_FW_VERIFY, .run = model_update_verify },
	{ .opcode = MYDEV_OP_FW_COMMIT, .run = model_update_commit },
	{ .opcode = MYDEV_OP_FW_ABORT, .run = model_update_abort },
	{ .opcode = MYDEV_OP_FW_ACTIVATE, .run = model_update_activate },
	{ .opcode = MYDEV_OP_FW_ROLLBACK, .run = model_update_rollback },
	{ .opcode = MYDEV_OP_FW_UNPEND, .run = model_update_unpend },
	{ .opcode = MYDEV_OP_CONFIG_DESCRIBE, .run = model_config_describe,
	  .out_min = sizeof(struct mydev_hw_config_desc) },
	{ .opcode = MYDEV_OP_CONFIG_GET, .run = model_config_get,
	  .out_min = sizeof(struct mydev_hw_config_value) },
	{ .opcode = MYDEV_OP_CONFIG_SET, .run = model_config_set,
	  .in_min = 1, .in_max = MYDEV_HW_DATA_MAX,
	  .in_unit = sizeof(struct mydev_hw_config_value) },
	{ .opcode = MYDEV_OP_CONFIG_RESET, .run = model_config_reset,
	  .in_max = MYDEV_HW_DATA_MAX, .in_unit = sizeof(__le16) },
	{ .opcode = MYDEV_OP_LOG_READ, .run = model_log_read,
	  .out_min = sizeof(struct mydev_hw_log_entry) },
	{ .opcode = MYDEV_OP_LOCATE, .run = locate },
	{ .opcode = MYDEV_OP_RESET, .run = reset },
	{ .opcode = MYDEV_OP_SELFTEST, .run = model_selftest_command },
	{ .opcode = MYDEV_OP_ENTROPY, .run = model_entropy_read },
};

static const struct command *find(u8 opcode)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].opcode == opcode)
			return &commands[i];
	return NULL;
}

static bool lengths_ok(const struct command *d, const struct model_call *c)
{
	if (c->out_max > MYDEV_HW_DATA_MAX || c->out_max < d->out_min)
		return false;
	if (c->in_len < d->in_min || c->in_len > d->in_max)
		return false;
	return !c->in_len || c->in_len % d->in_unit == 0;
}

static u16 execute(struct model *m, u8 opcode, struct model_call *c)
{
	const struct command *d = find(opcode);

	if (!m->alive)
		return MYDEV_ST_INTERNAL;
	if (!d)
		return MYDEV_ST_OPCODE;
	if (!lengths_ok(d, c))
		return MYDEV_ST_INVALID;
	return d->run(m, c);
}

void model_command(struct model *m, const struct mydev_hw_cmd *cmd, const void *in, void *out,
		   struct mydev_hw_cpl *cpl)
{
	struct model_call c = {
		.arg = { le32_to_cpu(cmd->arg[0]), le32_to_cpu(cmd->arg[1]),
			 le32_to_cpu(cmd->arg[2]) },
		.in = in,
		.in_len = le32_to_cpu(cmd->in_len),
		.out = out,
		.out_max = le32_to_cpu(cmd->out_max),
	};
	u16 st = execute(m, cmd->opcode, &c);

	memset(cpl, 0, sizeof(*cpl));
	cpl->id = cmd->id;
	cpl->status = cpu_to_le16(st);
	cpl->result = cpu_to_le32(c.result);
	cpl->out_len = cpu_to_le32(st ? 0 : c.out_len);
}
