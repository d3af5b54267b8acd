/*
 * A guest that somebody else made gets our marks, and nothing else: the identity line under
 * what its description says, and the tag vm7 beside its tags.
 */
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/making.h"
#include "reconcile/props.h"

#include <string.h>
#include <strings.h>

/* (qemu-server PVE/QemuServer.pm, pve-container PVE/LXC/Config.pm: description) */
enum { DESCRIPTION_MAX = 8192 };

/* A line of these leases from before: it would speak for a lease that is gone. */
static bool is_our_line(const char *line, size_t len, const char *instance)
{
	static const char start[] = "vm7: ";
	size_t skip = sizeof(start) - 1, name = strlen(instance);

	return len > skip + name && strncmp(line, start, skip) == 0 &&
	       strncmp(line + skip, instance, name) == 0 && line[skip + name] == '/';
}

/* What the description says, without a line of ours, and the line at its end. */
static const char *marked_description(struct arena *arena, const struct making *making,
				      const struct observed *seen)
{
	const char *at = observed_option(seen, "description");
	struct text out;

	text_init(&out, arena);
	while (at && *at) {
		size_t len = strcspn(at, "\n");

		if (!is_our_line(at, len, making->instance)) {
			text_addn(&out, at, len);
			text_addc(&out, '\n');
		}
		at += len + (at[len] == '\n');
	}
	/* a blank line between: Markdown would put both into one paragraph */
	if (out.len > 0 && !str_ends(text_str(&out), "\n\n"))
		text_addc(&out, '\n');
	text_add(&out, identity_line(arena, making->instance, making->lease->id,
				     making->repository));
	return arena_strdup(arena, text_str(&out));
}

/* As they are spelled there: upper case may count in this datacenter. */
static const char *marked_tags(struct arena *arena, const char *now)
{
	char **tags = NULL;
	size_t len = now ? str_split(arena, now, ",; ", &tags) : 0;
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&out, "%s;", tags[i]);
	text_add(&out, TAG_OURS);
	return arena_strdup(arena, text_str(&out));
}

static void add(struct changes *out, struct arena *arena, const struct observed *seen,
		const char *key, const char *to)
{
	*vec_push(arena, out) = (struct change){
		.key = key,
		.from = observed_option(seen, key),
		.to = to,
	};
}

/* The line and the tag, as far as they are not there. False: there is no room. */
static bool mark(struct changes *out, struct arena *arena, const struct making *making,
		 const struct observed *seen, struct error *err)
{
	const char *description;

	*out = (struct changes){ 0 };
	if (!str_equal(seen->line_instance, making->instance) ||
	    !str_equal(seen->line_id, making->lease->id)) {
		description = marked_description(arena, making, seen);
		if (strlen(description) > DESCRIPTION_MAX)
			return error_set(err, ERROR_REFUSED,
					 "the description of VMID %u has no room for the "
					 "line of vm7: make it shorter",
					 seen->vmid);
		add(out, arena, seen, "description", description);
	}
	if (!str_in(TAG_OURS, seen->tags, seen->tags_len))
		add(out, arena, seen, "tags",
		    marked_tags(arena, observed_option(seen, "tags")));
	return true;
}

/* Its UUID, a MAC or its very line: what nobody else's guest has. */
static bool is_the_leased_one(const struct lease *lease, const char *instance,
			      const struct observed *seen)
{
	if (seen->type == GUEST_VM && seen->uuid &&
	    strcasecmp(seen->uuid, lease->id) == 0)
		return true;
	for (size_t i = 0; i < lease->nics_len; i++) {
		const struct observed_card *card = observed_card(seen, i);

		if (card && strcasecmp(card->mac, lease->nics[i].mac) == 0)
			return true;
	}
	return str_equal(seen->line_instance, instance) &&
	       str_equal(seen->line_id, lease->id);
}

static bool may_be_sealed(const struct making *making, const struct observed *seen,
			  struct error *err)
{
	const struct lease *lease = making->lease;

	if (lease->hold)
		return error_set(err, ERROR_REFUSED,
				 "%s is on hold (%s): vm7 unhold it first", lease->name,
				 lease->hold);
	if (seen->lock)
		return error_set(err, ERROR_TEMPORARY,
				 "it is locked (%s): Proxmox is working on it",
				 seen->lock);
	if (seen->template)
		return error_set(err, ERROR_REFUSED, "it was made a template");
	if (seen->line_instance && !str_equal(seen->line_instance, making->instance))
		return error_set(err, ERROR_REFUSED,
				 "it carries the line of another vm7, which looks after "
				 "it for %s",
				 seen->line_repository ? seen->line_repository
						       : seen->line_instance);
	if (seen->type != lease->type ||
	    !is_the_leased_one(lease, making->instance, seen))
		return error_set(err, ERROR_REFUSED,
				 "neither its UUID nor a MAC is that of the lease of %s: "
				 "it is another guest",
				 lease->name);
	return true;
}

bool sealing_changes(struct changes *out, struct arena *arena,
		     const struct making *making, const struct observed *seen,
		     struct error *err)
{
	const char *smbios = observed_option(seen, "smbios1");
	const char *id = making->lease->id;
	struct props props = { 0 };

	if (!may_be_sealed(making, seen, err) || !mark(out, arena, making, seen, err))
		return false;
	if (seen->type != GUEST_VM || (seen->uuid && strcasecmp(seen->uuid, id) == 0))
		return true;
	if (smbios)
		props_read(&props, arena, smbios);
	props_set(&props, arena, "uuid", id);
	add(out, arena, seen, "smbios1", props_print(&props, arena));
	return true;
}

void next_of_adopting(struct next *out, struct arena *arena, const struct making *making,
		      const struct observed *seen)
{
	if (!seen) {
		out->step = STEP_REFUSE;
		error_set(&out->why, ERROR_REFUSED, "VMID %u is gone",
			  making->lease->vmid);
		return;
	}
	if (!next_is_ours(out, making, seen))
		return;
	if (!mark(&out->changes, arena, making, seen, &out->why))
		out->step = STEP_REFUSE;
	else if (out->changes.len > 0)
		out->step = STEP_CONFIGURE;
}
