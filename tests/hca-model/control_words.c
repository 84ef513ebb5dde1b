// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the words of the control socket: what each does to the model and what
 * it answers. It must never know sockets.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "hv/vfio-user/server.h"
#include "tests/hca-model/cmd/inject.h"
#include "tests/hca-model/control.h"
#include "tests/hca-model/fabric/fabric.h"
#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/model.h"
#include "tests/hca-model/obj/events.h"

enum {
	MAX_WORDS = 16, MAX_PAGES = 1 << 20,
	SYND_FW_INTERNAL = 0x1,		/* health syndrome: firmware internal error */
	RFR_BIT = 0x80,			/* the firmware asks for a reset */
};

struct request {
	struct model *model;
	struct hca *hca;		/* for words that name one */
	unsigned int n;
	char *word[MAX_WORDS];
	json_t *out;			/* the answer; handlers add to it */
	const char *error;
};

static int refuse(struct request *r, const char *why)
{
	r->error = why;
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno || *end || *out > max ? -EINVAL : 0;
}

static int parse_probability(const char *text, double *out)
{
	char *end;

	if (!*text)
		return -EINVAL;
	*out = strtod(text, &end);
	return *end || !isfinite(*out) || *out < 0 || *out > 1 ? -EINVAL : 0;
}

/* "key=value": the value, or NULL if @word has another key. */
static const char *value_of(const char *word, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(word, key, len) && word[len] == '=' ? word + len + 1 : NULL;
}

static const char *state_name(uint8_t state)
{
	static const char *const names[] = { "?", "DOWN", "INIT", "ARMED", "ACTIVE" };

	return state <= PORT_ACTIVE ? names[state] : "?";
}

static json_t *objects_json(const struct object_counts *c)
{
	return json_pack("{sisisisisisisisisisisi}",
			 "uar", (int)c->uar, "pd", (int)c->pd, "xrcd", (int)c->xrcd, "mkey", (int)c->mkey,
			 "eq", (int)c->eq, "cq", (int)c->cq, "qp", (int)c->qp, "srq", (int)c->srq,
			 "counter", (int)c->counter, "umem", (int)c->umem, "mcg", (int)c->mcg);
}

static json_t *swept_json(const struct hca *hca)
{
	return json_pack("{sIsIso}", "dma_ranges", (json_int_t)hca->dma.swept, "pages",
			 (json_int_t)hca->obj.swept.pages, "objects",
			 objects_json(&hca->obj.swept));
}

static json_t *fault_json(const struct port *port, enum fault_dir dir)
{
	struct fault_stats s = faults_stats(port, dir);

	return json_pack("{sIsIsIsIsI}", "seen", (json_int_t)s.seen, "lost", (json_int_t)s.lost,
			 "duplicated", (json_int_t)s.duplicated,
			 "reordered", (json_int_t)s.reordered, "delayed", (json_int_t)s.delayed);
}

static json_t *hca_json(struct hca *hca)
{
	const struct port *port = hca->port;
	const struct vfu_dma *map = hca->server ? vfu_server_dma(hca->server) : NULL;
	struct object_counts count;

	objects_count(hca, &count);
	return json_pack("{sssbsbsssisisisIsisIsIsIsIsIsisososo}",
			 "name", hca->name,
			 "attached", hca->server && vfu_server_attached(hca->server),
			 "dead", (int)hca->dead, "state", state_name(port->state),
			 "phys_state", (int)port->phys_state, "lid", (int)port->lid,
			 "sm_lid", (int)port->sm_lid, "guid", (json_int_t)port->port_guid,
			 "dma_ranges", map ? (int)vfu_dma_count(map) : 0,
			 "dma_bytes", map ? (json_int_t)vfu_dma_bytes(map) : (json_int_t)0,
			 "dma_faults", (json_int_t)hca->dma.faults, "commands", (json_int_t)hca->cmdq.executed,
			 "refused", (json_int_t)hca->cmdq.refused,
			 "interrupts", (json_int_t)hca->pci.interrupts, "pages", (int)count.pages,
			 "objects", objects_json(&count), "swept", swept_json(hca),
			 "faults", json_pack("{soso}", "tx", fault_json(port, FAULT_TX),
					     "rx", fault_json(port, FAULT_RX)));
}

static int do_status(struct request *r)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < r->model->n_hcas; i++)
		json_array_append_new(list, hca_json(r->model->hcas[i]));
	json_object_set_new(r->out, "hcas", list);
	json_object_set_new(r->out, "trace", json_boolean(r->model->trace != NULL));
	return 0;
}

static int do_hca(struct request *r)
{
	json_object_set_new(r->out, "hca", hca_json(r->hca));
	return 0;
}

static int do_port(struct request *r)
{
	if (!strcmp(r->word[2], "up"))
		port_set_link(r->hca->port, true);
	else if (!strcmp(r->word[2], "down"))
		port_set_link(r->hca->port, false);
	else
		return refuse(r, "up or down?");
	return 0;
}

struct fault_request {
	struct fault_config config;
	bool tx, rx;
};

static int parse_fault(struct request *r, const char *word, struct fault_request *f)
{
	struct fault_config *c = &f->config;
	const char *v;
	uint64_t n;

	if ((v = value_of(word, "loss")))
		return parse_probability(v, &c->loss) ? refuse(r, "loss is 0..1") : 0;
	if ((v = value_of(word, "dup")))
		return parse_probability(v, &c->dup) ? refuse(r, "dup is 0..1") : 0;
	if ((v = value_of(word, "reorder")))
		return parse_probability(v, &c->reorder) ? refuse(r, "reorder is 0..1") : 0;
	if ((v = value_of(word, "delay"))) {
		if (parse_number(v, 10000000, &n))
			return refuse(r, "delay is 0..10000000 microseconds");
		c->delay_us = (uint32_t)n;
		return 0;
	}
	if ((v = value_of(word, "seed")))
		return parse_number(v, UINT64_MAX, &c->seed) ? refuse(r, "seed is a number") : 0;
	if ((v = value_of(word, "dir"))) {
		f->tx = !strcmp(v, "tx") || !strcmp(v, "both");
		f->rx = !strcmp(v, "rx") || !strcmp(v, "both");
		return f->tx || f->rx ? 0 : refuse(r, "dir is tx, rx or both");
	}
	return refuse(r, "unknown fault");
}

static int do_fault(struct request *r)
{
	struct fault_request f = { .config.seed = 1, .tx = true, .rx = true };
	struct port *port = r->hca->port;
	unsigned int i;
	int ret;

	if (r->n == 3 && !strcmp(r->word[2], "clear")) {
		faults_clear(port);
		return 0;
	}
	for (i = 2; i < r->n; i++) {
		ret = parse_fault(r, r->word[i], &f);
		if (ret)
			return ret;
	}
	ret = f.tx ? faults_set(port, FAULT_TX, &f.config) : 0;
	if (!ret && f.rx)
		ret = faults_set(port, FAULT_RX, &f.config);
	return ret ? refuse(r, strerror(-ret)) : 0;
}

static int do_sm(struct request *r)
{
	bool on = !strcmp(r->word[1], "on");

	if (!on && strcmp(r->word[1], "off"))
		return refuse(r, "on or off?");
	return fabric_set_sm(r->model->fabric, on) ? refuse(r, "out of memory") : 0;
}

static int do_counters(struct request *r)
{
	const struct port_counters *c = &r->hca->port->count;
	const struct { const char *name; uint64_t value; } list[] = {
		{ "xmit_bytes", c->xmit_bytes }, { "rcv_bytes", c->rcv_bytes },
		{ "xmit_packets", c->xmit_packets }, { "rcv_packets", c->rcv_packets },
		{ "unicast_xmit", c->unicast_xmit }, { "unicast_rcv", c->unicast_rcv },
		{ "multicast_xmit", c->multicast_xmit }, { "multicast_rcv", c->multicast_rcv },
		{ "xmit_discards", c->xmit_discards }, { "rcv_errors", c->rcv_errors },
		{ "link_downed", c->link_downed }, { "vl15_dropped", c->vl15_dropped },
		{ "xmit_wait", c->xmit_wait },
	};
	unsigned int i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		json_object_set_new(r->out, list[i].name, json_integer((json_int_t)list[i].value));
	return 0;
}

/* The event goes out while the firmware can still write one; then no command is answered. */
static int do_fatal(struct request *r)
{
	event_internal_error(r->hca);
	r->hca->pci.synd = SYND_FW_INTERNAL;
	r->hca->pci.rfr_severity = RFR_BIT;
	r->hca->pci.health_stuck = true;
	cmdq_reset(r->hca);
	return 0;
}

static int do_pages(struct request *r)
{
	const char *text = r->word[2];
	bool give_back = *text == '-';
	uint64_t n;

	if (parse_number(text + give_back, MAX_PAGES, &n) || !n)
		return refuse(r, "a number of pages, negative to give back");
	event_page_request(r->hca, give_back ? -(int32_t)n : (int32_t)n);
	return 0;
}

static int do_inject(struct request *r)
{
	uint64_t after = 0, status = 0x01;
	unsigned int i;
	int kind = -1;

	for (i = 2; i < r->n; i++) {
		const char *v;

		if ((v = value_of(r->word[i], "after"))) {
			if (parse_number(v, UINT32_MAX, &after))
				return refuse(r, "after is a number");
		} else if ((v = value_of(r->word[i], "status"))) {
			if (parse_number(v, UINT8_MAX, &status) || !status)
				return refuse(r, "status is 1..255");
		} else if ((v = value_of(r->word[i], "kind"))) {
			kind = cmd_inject_kind(v);
		} else {
			return refuse(r, "after=, kind= or status=?");
		}
	}
	if (kind < 0)
		return refuse(r, "which kind?");
	r->hca->cmdq.inject_after = (uint32_t)after;
	r->hca->cmdq.inject_status = (uint8_t)status;
	r->hca->cmdq.inject_kind = (uint8_t)kind;
	return 0;
}

static int do_trace(struct request *r)
{
	FILE *file = NULL;

	if (!strcmp(r->word[1], "on")) {
		if (r->n != 3)
			return refuse(r, "trace on FILE");
		file = fopen(r->word[2], "ae");
		if (!file)
			return refuse(r, strerror(errno));
		setvbuf(file, NULL, _IOLBF, 0);
	} else if (strcmp(r->word[1], "off") || r->n != 2) {
		return refuse(r, "trace on FILE, or trace off");
	}
	if (r->model->trace)
		fclose(r->model->trace);
	r->model->trace = file;
	return 0;
}

static int do_help(struct request *r);

static const struct word {
	const char *name, *usage;
	unsigned int min, max;		/* words, with the first one */
	bool names_hca;			/* the second word is an HCA */
	int (*fn)(struct request *r);
} words[] = {
	{ "help", "help", 1, 1, false, do_help },
	{ "status", "status", 1, 1, false, do_status },
	{ "hca", "hca NAME", 2, 2, true, do_hca },
	{ "port", "port NAME down|up", 3, 3, true, do_port },
	{ "fault", "fault NAME [loss=P] [dup=P] [reorder=P] [delay=US] [seed=N] "
		   "[dir=tx|rx|both] | fault NAME clear", 3, 8, true, do_fault },
	{ "sm", "sm on|off", 2, 2, false, do_sm },
	{ "counters", "counters NAME", 2, 2, true, do_counters },
	{ "fatal", "fatal NAME", 2, 2, true, do_fatal },
	{ "pages", "pages NAME N", 3, 3, true, do_pages },
	{ "inject", "inject NAME kind=none|status|timeout|garbage|gone|umr-refused|umr-silent "
		    "[after=N] [status=N]", 3, 5, true, do_inject },
	{ "trace", "trace on FILE | trace off", 2, 3, false, do_trace },
};

static int do_help(struct request *r)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		json_array_append_new(list, json_string(words[i].usage));
	json_object_set_new(r->out, "words", list);
	return 0;
}

static struct hca *find_hca(struct model *model, const char *name)
{
	unsigned int i;

	for (i = 0; i < model->n_hcas; i++)
		if (!strcmp(model->hcas[i]->name, name))
			return model->hcas[i];
	return NULL;
}

static int split(struct request *r, char *line)
{
	char *save = NULL, *word;

	for (word = strtok_r(line, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save)) {
		if (r->n == MAX_WORDS)
			return refuse(r, "too many words");
		r->word[r->n++] = word;
	}
	return r->n ? 0 : refuse(r, "empty line");
}

static int execute(struct request *r, char *line)
{
	int ret = split(r, line);
	unsigned int i;

	if (ret)
		return ret;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, r->word[0]))
			continue;
		if (r->n < words[i].min || r->n > words[i].max)
			return refuse(r, words[i].usage);
		if (words[i].names_hca) {
			r->hca = find_hca(r->model, r->word[1]);
			if (!r->hca)
				return refuse(r, "no such HCA");
		}
		return words[i].fn(r);
	}
	return refuse(r, "unknown word; try help");
}

char *control_execute(struct model *model, char *line)
{
	struct request r = { .model = model, .out = json_pack("{sb}", "ok", 1) };
	char *text;

	if (!r.out)
		return NULL;
	if (execute(&r, line)) {
		json_decref(r.out);
		r.out = json_pack("{sbss}", "ok", 0, "error", r.error);
	}
	text = json_dumps(r.out, JSON_COMPACT);
	json_decref(r.out);
	return text;
}
