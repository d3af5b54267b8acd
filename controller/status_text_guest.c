#include "controller/sheet.h"
#include "controller/status_text.h"

#include "base/text.h"

#include <inttypes.h>

json_t *status_history(const json_t *status, const char *guest)
{
	json_t *out = json_array(), *pass, *action;
	size_t i, j;

	json_array_foreach (json_object_get(status, "passes"), i, pass)
		json_array_foreach (json_object_get(pass, "actions"), j, action) {
			json_t *copy;

			if (!str_equal(document_text(action, "guest"), guest))
				continue;
			copy = json_copy(pass);
			json_object_del(copy, "actions");
			json_object_set(copy, "action", action);
			json_array_append_new(out, copy);
		}
	return out;
}

static void put_history(struct sheet *sheet, const char *name)
{
	json_t *history = status_history(sheet->status, name), *pass;
	size_t i;

	if (json_array_size(history) > 0)
		sheet_heading(sheet, "what was done about it");
	json_array_foreach (history, i, pass) {
		text_addf(&sheet->out, "  %s, ",
			  sheet_safe(sheet, sheet_when(sheet, pass, "began")));
		sheet_action(sheet, json_object_get(pass, "action"));
		text_addf(&sheet->out, "; pass %" PRId64 " (%s)%s%s\n",
			  document_number(pass, "n"),
			  sheet_safe(sheet, document_text(pass, "cause")),
			  sheet_also(sheet, " of ", sheet_commit(sheet, pass, "commit")),
			  sheet_also(sheet, " ", sheet_member(sheet, pass, "subject")));
	}
	json_decref(history);
}

static void put_lease(struct sheet *sheet, const json_t *guest, const json_t *lease)
{
	const char *state = document_text(guest, "state");

	if (!state) {
		sheet_row(sheet, "lease", "none yet");
		return;
	}
	sheet_label(sheet, "lease");
	text_addf(&sheet->out, "%s%s, %s", sheet_safe(sheet, state),
		  sheet_also(sheet, " since ", sheet_member(sheet, guest, "since")),
		  str_equal(document_text(guest, "type"), "lxc") ? "container" : "VM");
	text_addf(&sheet->out, " %" PRId64 "%s%s%s%s", document_number(guest, "vmid"),
		  sheet_also(sheet, " on ", sheet_member(sheet, lease, "node")),
		  sheet_also(sheet, ", ", sheet_member(sheet, lease, "ip")),
		  sheet_also(sheet, ", ", sheet_member(sheet, lease, "ip6")),
		  sheet_also(sheet, ", MAC ", sheet_member(sheet, lease, "mac")));
	text_addf(&sheet->out, "%s%s\n",
		  sheet_also(sheet, ", id ", sheet_member(sheet, lease, "id")),
		  json_is_true(json_object_get(lease, "protection")) ? ", protected"
								     : "");
	sheet_row(sheet, "on hold", sheet_member(sheet, lease, "hold"));
	sheet_row(sheet, "was", sheet_member(sheet, lease, "was"));
}

static void put_guest_doing(struct sheet *sheet, const char *name)
{
	size_t i;
	json_t *step;

	json_array_foreach (json_object_get(sheet->status, "doing"), i, step)
		if (str_equal(document_text(step, "guest"), name))
			sheet_row(sheet, "now",
				  arena_printf(
					  sheet->arena, "%s%s%s",
					  sheet_safe(sheet, document_text(step, "step")),
					  sheet_also(sheet, ", ",
						     sheet_when(sheet, step, "since")),
					  sheet_also(sheet, ", ",
						     sheet_member(sheet, step, "upid"))));
}

/* What waits about it and is not what it says of itself. */
static void put_guest_waits(struct sheet *sheet, const json_t *guest)
{
	size_t i;
	json_t *wait;

	json_array_foreach (json_object_get(sheet->status, "waits"), i, wait)
		if (str_equal(document_text(wait, "guest"),
			      document_text(guest, "name")) &&
		    !str_equal(document_text(wait, "why"),
			       document_text(guest, "says"))) {
			sheet_row(sheet, "waits", sheet_member(sheet, wait, "why"));
			if (!document_text(guest, "command"))
				sheet_command(sheet, document_text(wait, "command"));
		}
}

static void put_observed(struct sheet *sheet, const json_t *guest)
{
	if (!json_is_object(json_object_get(sheet->status, "controller")))
		sheet_row(sheet, "observed", "Proxmox was not asked");
	else
		sheet_row(sheet, "observed",
			  arena_printf(sheet->arena, "%s%s%s",
				       sheet_safe(sheet, document_text(guest, "power")),
				       sheet_also(sheet, " on ",
						  sheet_member(sheet, guest, "node")),
				       sheet_also(sheet, ", ",
						  sheet_addresses(sheet, guest))));
}

char *status_guest_text(struct arena *arena, const json_t *status, const json_t *guest,
			const json_t *lease, const struct status_form *form)
{
	const char *name = document_text(guest, "name");
	const char *health = document_text(guest, "health");
	struct sheet sheet;

	sheet_init(&sheet, arena, status, form);
	if (!json_is_object(json_object_get(status, "controller")))
		sheet_add(&sheet,
			  "No controller answers: this is what the repository says.\n");
	text_addf(&sheet.out, "%s: ", sheet_safe(&sheet, name));
	sheet_paint(&sheet, sheet_tone(health), sheet_safe(&sheet, health));
	sheet_add(&sheet,
		  sheet_also(&sheet, " while ", sheet_member(&sheet, guest, "step")));
	sheet_add(&sheet, sheet_also(&sheet, ", first ",
				     sheet_when(&sheet, guest, "failing_since")));
	sheet_add(&sheet, "\n");
	if (document_text(guest, "says"))
		text_addf(&sheet.out, "  %s\n", sheet_member(&sheet, guest, "says"));
	sheet_command(&sheet, document_text(guest, "command"));
	sheet_add(&sheet, "\n");
	sheet_row(&sheet, "desired",
		  document_text(guest, "desired") ? sheet_member(&sheet, guest, "desired")
						  : "no more: its entry is gone");
	put_lease(&sheet, guest, lease);
	put_observed(&sheet, guest);
	sheet_row(&sheet, "commit", sheet_commit(&sheet, guest, "commit"));
	put_guest_doing(&sheet, name);
	put_guest_waits(&sheet, guest);
	put_history(&sheet, name);
	return sheet.out.at;
}
