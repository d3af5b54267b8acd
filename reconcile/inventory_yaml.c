/* The inventory as YAML: the ancestor's list, and Ansible's groups. */
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/facts.h"
#include "reconcile/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char by_vm7[] = "# Written by vm7: edit vm7.yaml instead.\n";

/* "key: value", each on a line of its own. */
static void add_pair(struct text *out, const char *indent, const char *key,
		     const char *value)
{
	text_addf(out, "%s%s: ", indent, key);
	yaml_text(out, value);
	text_addc(out, '\n');
}

static void add_number(struct text *out, const char *indent, const char *key,
		       unsigned number)
{
	if (number)
		text_addf(out, "%s%s: %u\n", indent, key, number);
	else
		add_pair(out, indent, key, NULL);
}

static void add_tags(struct text *out, const char *indent, const char *key,
		     const struct facts *guest)
{
	text_addf(out, "%s%s: [", indent, key);
	for (size_t i = 0; i < guest->tags_len; i++) {
		text_add(out, i > 0 ? ", " : "");
		yaml_text(out, guest->tags[i]);
	}
	text_add(out, "]\n");
}

char *inventory_yaml(struct arena *arena, const struct inventory_guest *guests,
		     size_t len)
{
	const struct facts *all = facts_of_all(arena, guests, len);
	struct text out;
	size_t listed = 0;

	text_init(&out, arena);
	text_add(&out, by_vm7);
	for (size_t i = 0; i < len; i++) {
		const struct facts *guest = &all[i];

		if (!guest->listed)
			continue;
		listed++;
		add_pair(&out, "- ", "hostname", guest->name);
		add_pair(&out, "  ", "ip", guest->ip);
		add_pair(&out, "  ", "user", guest->user);
		add_pair(&out, "  ", "network", guest->network);
		add_pair(&out, "  ", "environment", guest->environment);
		add_number(&out, "  ", "vmid", guest->vmid);
		add_pair(&out, "  ", "node", guest->node);
		add_pair(&out, "  ", "type", guest->type);
		add_pair(&out, "  ", "state", guest->state);
		add_tags(&out, "  ", "tags", guest);
		if (guest->ip6)
			add_pair(&out, "  ", "ip6", guest->ip6);
		if (guest->ip_source)
			add_pair(&out, "  ", "ip_source", guest->ip_source);
	}
	if (listed == 0)
		text_add(&out, "[]\n");
	return arena_strdup(arena, text_str(&out));
}

/* One host in one group. */
struct member {
	const char *group, *host;
};

struct members {
	struct member *at;
	size_t len, cap;
};

/* A name that is a Python identifier, as Ansible wants groups to be. */
static void join(struct members *members, struct arena *arena, const char *kind,
		 const char *of, const char *host)
{
	char *group;

	if (!of)
		return;
	group = arena_printf(arena, "%s_%s", kind, of);
	for (char *c = group; *c; c++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_",
			    *c))
			*c = '_';
	*vec_push(arena, members) = (struct member){ group, host };
}

/* The tag `env-prod` only says what group env_prod does. */
static bool is_env_tag(const struct facts *guest, const char *tag)
{
	return guest->environment && str_starts(tag, "env-") &&
	       strcasecmp(tag + strlen("env-"), guest->environment) == 0;
}

static void join_all(struct members *members, struct arena *arena,
		     const struct facts *guest)
{
	join(members, arena, "env", guest->environment, guest->name);
	join(members, arena, "network", guest->network, guest->name);
	join(members, arena, "node", guest->node, guest->name);
	join(members, arena, "type", guest->type, guest->name);
	for (size_t i = 0; i < guest->tags_len; i++)
		if (!is_env_tag(guest, guest->tags[i]))
			join(members, arena, "tag", guest->tags[i], guest->name);
}

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = strcmp(a->group, b->group);

	return order ? order : strcmp(a->host, b->host);
}

static int compare_facts(const void *left, const void *right)
{
	const struct facts *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void add_host(struct text *out, const struct facts *guest)
{
	static const char indent[] = "      ";

	text_add(out, "    ");
	yaml_text(out, guest->name);
	text_add(out, ":\n");
	add_pair(out, indent, "ansible_host", guest->ip);
	if (guest->user)
		add_pair(out, indent, "ansible_user", guest->user);
	add_pair(out, indent, "vm7_environment", guest->environment);
	if (guest->ip6)
		add_pair(out, indent, "vm7_ip6", guest->ip6);
	if (guest->ip_source)
		add_pair(out, indent, "vm7_ip_source", guest->ip_source);
	add_pair(out, indent, "vm7_network", guest->network);
	add_pair(out, indent, "vm7_node", guest->node);
	add_pair(out, indent, "vm7_state", guest->state);
	add_tags(out, indent, "vm7_tags", guest);
	add_pair(out, indent, "vm7_type", guest->type);
	add_number(out, indent, "vm7_vmid", guest->vmid);
}

static void add_groups(struct text *out, struct members *members)
{
	const struct member *last = NULL;

	if (members->len == 0) {
		text_add(out, "  children: {}\n");
		return;
	}
	qsort(members->at, members->len, sizeof(*members->at), compare_members);
	text_add(out, "  children:\n");
	for (size_t i = 0; i < members->len; i++) {
		const struct member *member = &members->at[i];

		if (last && compare_members(last, member) == 0)
			continue; /* two tags that differ in other characters only */
		if (!last || strcmp(last->group, member->group) != 0)
			text_addf(out, "    %s:\n      hosts:\n", member->group);
		text_add(out, "        ");
		yaml_text(out, member->host);
		text_add(out, ": {}\n");
		last = member;
	}
}

char *inventory_ansible(struct arena *arena, const struct inventory_guest *guests,
			size_t len)
{
	struct facts *all = facts_of_all(arena, guests, len);
	struct members members = { 0 };
	struct text out;
	size_t hosts = 0;

	if (len > 1)
		qsort(all, len, sizeof(*all), compare_facts);
	text_init(&out, arena);
	text_add(&out, by_vm7);
	text_add(&out, "all:\n");
	for (size_t i = 0; i < len; i++) {
		if (!all[i].reachable)
			continue;
		text_add(&out, hosts++ == 0 ? "  hosts:\n" : "");
		add_host(&out, &all[i]);
		join_all(&members, arena, &all[i]);
	}
	if (hosts == 0)
		text_add(&out, "  hosts: {}\n");
	add_groups(&out, &members);
	return arena_strdup(arena, text_str(&out));
}
