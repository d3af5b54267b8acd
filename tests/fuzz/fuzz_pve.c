/* Any bytes as an answer of Proxmox: whatever it says, what is read keeps its promises. */
#include "base/text.h"
#include "pve/answer.h"
#include "pve/observe.h"
#include "pve/overview.h"
#include "pve/task.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
	if (!promise)
		abort();
}

/* A line for a person, without anything that moves a cursor. */
static void check_words(const struct error *err)
{
	must(err->kind != ERROR_NONE && *err->text);
	for (const char *at = err->text; *at; at++)
		must((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void check_guest(const struct observed *guest)
{
	for (size_t i = 0; i < guest->options_len; i++) {
		must(guest->options[i].key && guest->options[i].value);
		must(i == 0 ||
		     strcmp(guest->options[i - 1].key, guest->options[i].key) < 0);
	}
	for (size_t i = 0; i < guest->cards_len; i++) {
		must(guest->cards[i].text && guest->cards[i].index < 32);
		must(i == 0 || guest->cards[i - 1].index < guest->cards[i].index);
	}
	for (size_t i = 1; i < guest->tags_len; i++)
		must(strcmp(guest->tags[i - 1], guest->tags[i]) < 0);
	must((guest->line_id != NULL) == (guest->line_instance != NULL));
	must(guest->line_id || !guest->line_repository);
	must(!guest->root_disk || observed_option(guest, guest->root_disk));
}

static void try_config(struct arena *arena, enum guest_type type, const json_t *data)
{
	struct observed guest = { .vmid = 100, .type = type, .node = "pve01" };
	struct error err = { 0 };

	if (!observe_config(&guest, arena, data, &err)) {
		must(!guest.has_config);
		check_words(&err);
		return;
	}
	must(guest.has_config && guest.digest && guest.vmid == 100 && guest.type == type);
	check_guest(&guest);
	overview_addresses(&guest, arena, data);
	overview_power(&guest, arena, data);
}

static void try_cluster(struct arena *arena, const json_t *data)
{
	struct cluster_state out = { 0 };
	struct error err = { 0 };

	if (overview_status(&out, arena, data, &err))
		must(out.name && out.nodes_len > 0);
	else
		check_words(&err);
	overview_options(&out, arena, data);
	must(out.vmid_first > 0);
	overview_maintenance(&out, data);
	overview_room(&out, arena, data);
	for (size_t i = 0; i < out.storages_len; i++)
		must(out.storages[i].name && out.storages[i].content &&
		     cluster_node(&out, out.storages[i].node));
	if (overview_release(&out, data, &err))
		must(out.release > 0);
	if (!overview_guests(&out, arena, data, &err)) {
		check_words(&err);
		return;
	}
	for (size_t i = 0; i < out.guests_len; i++) {
		must(out.guests[i].node && out.guests[i].vmid > 0);
		must(i == 0 || out.guests[i - 1].vmid < out.guests[i].vmid);
		check_guest(&out.guests[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = { 200, 400, 500, 596 };
	struct arena *arena = arena_create();
	const char *body = arena_strndup(arena, (const char *)data, size);
	struct upid upid;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct answer answer = { i % 2, statuses[i], body, body, size };
		struct error err = { 0 };
		json_t *value;

		if (!answer_read(&value, &answer, &err)) {
			must(!value);
			check_words(&err);
			continue;
		}
		try_config(arena, GUEST_VM, value);
		try_config(arena, GUEST_LXC, value);
		try_cluster(arena, value);
		json_decref(value);
	}
	if (upid_read(&upid, arena, body))
		must(*upid.node && *upid.type && upid.id && *upid.user &&
		     upid.started >= 0);
	arena_destroy(arena);
	return 0;
}
