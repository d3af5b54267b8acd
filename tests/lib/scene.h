/*
 * A repository and a cluster in a few lines of text -> a plan, in the core alone.
 *
 * What is not given is the usual: a network of one pool, no lease file, a cluster with
 * the templates of `usual_world`.
 */
#pragma once

#include "base/hash.h"
#include "reconcile/plan.h"
#include "tests/lib/world.h"

#define INSTANCE   "5f0c0000-0000-4000-8000-000000000001"
#define ID         "b3d10000-0000-5000-8000-000000000001"
#define MAC        "BC:24:11:00:00:01"
#define REPOSITORY "https://git.example/infra.git"
#define LINE(id)   "vm7: " INSTANCE "/" id ", edit vm7.yaml in " REPOSITORY
#define KEY        "ssh-ed25519 AAAAC3Nz devops@example"
#define KEY_SENT   "ssh-ed25519%20AAAAC3Nz%20devops%40example"

/* Templates of the default world of the simulator. */
#define TEMPLATE_VM                                                                   \
	"{\"vmid\": 9000, \"name\": \"debian-12\", \"template\": true, \"config\": {" \
	"\"name\": \"debian-12\", \"cores\": 1, \"memory\": \"1024\", "               \
	"\"scsi0\": \"local-lvm:base-9000-disk-0,size=3G\", "                         \
	"\"ide2\": \"local-lvm:vm-9000-cloudinit,media=cdrom\", "                     \
	"\"net0\": \"virtio=BC:24:11:AA:AA:AA,bridge=vmbr0\", "                       \
	"\"smbios1\": \"uuid=00000000-1111-4000-8000-000000000000\", "                \
	"\"tags\": \"golden\"}}"
#define TEMPLATE_CT                                                      \
	"{\"vmid\": 9100, \"type\": \"lxc\", \"name\": \"debian-ct\", "  \
	"\"template\": true, \"config\": {\"hostname\": \"debian-ct\", " \
	"\"unprivileged\": 1, \"memory\": 512, \"swap\": 512, "          \
	"\"rootfs\": \"local-lvm:base-9100-disk-0,size=2G\"}}"

/* A lease of the address 192.168.10.50, and a file of leases. */
#define LEASE_OF(name, state, vmid, more)                                            \
	"\"" name "\": {\"id\": \"" ID "\", \"ip\": \"192.168.10.50\", "             \
	"\"mac\": \"" MAC "\", \"node\": \"pve01\", \"pool\": \"mgmt\", \"since\": " \
	"\"2026-11-21T09:00:00Z\", \"state\": \"" state                              \
	"\", \"type\": \"vm\", \"vmid\": " vmid more "}"
#define LEASES(some)                                                             \
	"{\"branch\": \"main\", \"cluster\": \"lab\", \"instance\": \"" INSTANCE \
	"\", \"leases\": {" some "}, \"serial\": 4, \"source\": "                \
	"\"3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d\", \"version\": 1}"

static const char usual_head[] =
	"version: 1\n"
	"globals:\n"
	"  proxmox: {endpoint: 'https://pve.local:8006', username: vm7@pve,\n"
	"    token_name: vm7, token_secret: {secret: pve-token}, node: pve01,\n"
	"    datastore: local-lvm}\n"
	"  access: {user: devops, ssh_public_key: '" KEY "'}\n";

static const char usual_networks[] =
	"networks:\n"
	"- {name: mgmt, pool: mgmt}\n"
	"- {name: dual, pool: dual}\n"
	"- {name: dyn, dhcp: true}\n"
	"- {name: bare}\n"
	"- {name: tagged, pool: mgmt, bridge: vmbr1, vlan: 20}\n";

static const char usual_pools[] =
	"pools:\n"
	"  mgmt: {cidr: 192.168.10.0/24, range_start: 192.168.10.50,\n"
	"    range_end: 192.168.10.52, gateway: 192.168.10.1, dns: [192.168.10.2]}\n"
	"  dual: {cidr: 10.0.0.0/24, range_start: 10.0.0.5, range_end: 10.0.0.9,\n"
	"    gateway: 10.0.0.1, cidr6: 'fd00:10::/64', range_start6: 'fd00:10::5',\n"
	"    range_end6: 'fd00:10::9', gateway6: 'fd00:10::1'}\n";

struct scene_spec {
	const char *vm7;     /* the whole file, or NULL: from the parts */
	const char *globals; /* more lines of `globals`, indented by two */
	const char *vms;     /* items of the list */
	const char *pools;   /* the whole file, or NULL */
	const char *leases;  /* the whole file; NULL: there is none */
	const char *world;   /* the cluster, or NULL: not asked */
	const char *branch;  /* NULL: main */
	const char *only;    /* --guest */
	bool dry;            /* nobody has chosen an instance */
	bool working_tree;
	bool applies; /* a pass that carries it out */
};

struct scene {
	struct arena *arena;
	struct manifest manifest;
	struct leases leases;
	struct cluster_state cluster;
	struct plan_input input;
	struct plan plan;
};

static inline struct file *scene_file(struct arena *arena, const char *path,
				      const char *text)
{
	struct file *file = arena_new(arena, struct file);

	*file = (struct file){ path, text, strlen(text) };
	return file;
}

static inline const char *scene_vm7(struct arena *arena, const struct scene_spec *spec)
{
	if (spec->vm7)
		return spec->vm7;
	return arena_printf(arena, "%s%s%svms:%s%s", usual_head,
			    spec->globals ? spec->globals : "", usual_networks,
			    spec->vms ? "\n" : " []\n", spec->vms ? spec->vms : "");
}

static inline void scene_read(struct scene *scene, const struct scene_spec *spec)
{
	struct arena *arena = arena_create();
	const char *pools = spec->pools ? spec->pools : usual_pools;
	const char *vm7 = scene_vm7(arena, spec);
	struct input pools_input = { .file = scene_file(arena, "ipam/pools.yaml",
							pools) };
	struct diags diags;
	struct text said;

	*scene = (struct scene){ .arena = arena };
	diags_init(&diags, arena);
	if (manifest_begin(&scene->manifest, arena, scene_file(arena, "vm7.yaml", vm7),
			   &diags))
		manifest_finish(&scene->manifest, arena, &pools_input, 1, &diags);
	leases_read(&scene->leases, arena,
		    spec->leases ? scene_file(arena, "ipam/leases.json", spec->leases)
				 : NULL,
		    &diags);
	if (diags.len > 0) {
		text_init(&said, arena);
		diags_print(&said, &diags);
		fail_msg("the test's files are wrong:\n%s", text_str(&said));
	}
	if (spec->world)
		world_read(&scene->cluster, arena, spec->world);
	scene->input = (struct plan_input){
		.manifest = &scene->manifest,
		.held = &scene->leases,
		.cluster = spec->world ? &scene->cluster : NULL,
		.unverified = scene->manifest.proxmox.tls.insecure.value,
		.commit = "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d",
		.working_tree = spec->working_tree,
		.contents = "all that was read",
		.branch = spec->branch ? spec->branch : "main",
		.instance = spec->dry ? NULL : INSTANCE,
		.repository = REPOSITORY,
		.now = "2026-11-21T09:30:00Z",
		.only = spec->only,
		.applies = spec->applies,
	};
}

static inline void scene_plan(struct scene *scene, const struct scene_spec *spec)
{
	scene_read(scene, spec);
	plan_make(&scene->plan, scene->arena, &scene->input);
}

static inline void scene_finish(struct scene *scene)
{
	arena_destroy(scene->arena);
}

static inline const struct action *scene_action(const struct scene *scene,
						const char *guest)
{
	for (size_t i = 0; i < scene->plan.actions.len; i++)
		if (strcmp(scene->plan.actions.at[i].guest, guest) == 0)
			return &scene->plan.actions.at[i];
	fail_msg("the plan has nothing about %s", guest);
	return NULL;
}

/*
 * The plan in one line: "a create 100 create,configure,start; b refused 23; ~b drift |
 * a reserved 100". After the bar the leases to be pushed, if any are.
 */
static inline char *scene_brief(const struct scene *scene)
{
	const struct plan *plan = &scene->plan;
	struct text out;

	text_init(&out, scene->arena);
	if (plan->stop.kind)
		text_addf(&out, "stop %d", error_exit(plan->stop.kind));
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];

		text_addf(&out, "%s%s %s", out.len ? "; " : "", action->guest,
			  verb_name(action->verb));
		if (action->verb == VERB_WAIT || action->verb == VERB_REFUSED)
			text_addf(&out, " %d", error_exit(action->why.kind));
		if (!verb_asks(action->verb) && action->verb != VERB_RECORD)
			continue;
		text_addf(&out, " %u", action->lease->vmid);
		for (size_t j = 0; j < action->steps_len; j++)
			text_addf(&out, "%s%s", j ? "," : " ",
				  step_name(action->steps[j]));
	}
	for (size_t i = 0; i < plan->notes.len; i++)
		text_addf(&out, "%s~%s %s", out.len ? "; " : "",
			  plan->notes.at[i].guest ? plan->notes.at[i].guest : "",
			  note_name(plan->notes.at[i].kind));
	text_add(&out, plan->reserves ? " |" : "");
	for (size_t i = 0; plan->reserves && i < plan->leases.len; i++)
		text_addf(&out, "%s %s %s %u", i ? "," : "", plan->leases.at[i].name,
			  lease_state_name(plan->leases.at[i].state),
			  plan->leases.at[i].vmid);
	return arena_strdup(scene->arena, text_str(&out));
}

/* A scene, and the plan that is made of it. */
struct plan_row {
	const char *name;
	struct scene_spec spec;
	const char *brief; /* see scene_brief */
	int exit;
	const char *words, *more; /* that are somewhere in it, or NULL */
};

/* Everything that the plan says in words: refusals, reasons, notes. */
static inline char *scene_words(const struct scene *scene)
{
	const struct plan *plan = &scene->plan;
	struct text out;

	text_init(&out, scene->arena);
	text_addf(&out, "%s\n", plan->stop.text);
	for (size_t i = 0; i < plan->actions.len; i++)
		text_addf(&out, "%s: %s %s\n", plan->actions.at[i].guest,
			  plan->actions.at[i].reason ? plan->actions.at[i].reason : "",
			  plan->actions.at[i].why.text);
	for (size_t i = 0; i < plan->notes.len; i++)
		text_addf(&out, "%s\n", plan->notes.at[i].text);
	return arena_strdup(scene->arena, text_str(&out));
}

/* They are somewhere in what it says; fine when NULL. */
static inline void scene_says(const struct scene *scene, const char *words)
{
	const char *all = scene_words(scene);

	if (words && !strstr(all, words))
		fail_msg("'%s' is not in:\n%s", words, all);
}

/* For add_rows. */
static inline void plans_this(void **state)
{
	const struct plan_row *row = *state;
	struct scene scene;

	scene_plan(&scene, &row->spec);
	assert_string_equal(scene_brief(&scene), row->brief);
	assert_int_equal(plan_exit(&scene.plan), row->exit);
	scene_says(&scene, row->words);
	scene_says(&scene, row->more);
	scene_finish(&scene);
}
