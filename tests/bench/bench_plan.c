/*
 * A plan of many guests, from the texts of its files to the text of the plan: how long
 * each part takes, and how much memory all of it.
 *
 *	bench_plan [GUESTS]    10000 unless said; a growth of more than n log n shows
 */
#include "base/text.h"
#include "reconcile/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define INSTANCE "5f0c0000-0000-4000-8000-000000000001"

static const char head[] =
	"version: 1\n"
	"globals:\n"
	"  proxmox: {endpoint: 'https://pve.local:8006', username: vm7@pve,\n"
	"    token_name: vm7, token_secret: {secret: pve-token}, node: pve01,\n"
	"    datastore: local-lvm}\n"
	"  access: {user: devops, ssh_public_key: 'ssh-ed25519 AAAAC3Nz me@example'}\n"
	"networks:\n"
	"- {name: mgmt, pool: mgmt}\n"
	"vms:\n";

static const char pools[] = "pools:\n"
			    "  mgmt: {cidr: 10.0.0.0/8, range_start: 10.1.0.0,\n"
			    "    range_end: 10.250.0.0, gateway: 10.0.0.1}\n";

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* whatever else runs */
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Say how long it took since `since` and how much was used at most, and begin anew. */
static double lap(const char *what, double since)
{
	double now = now_ms();

	printf("  %-22s %8.1f ms, peak %6.1f MiB\n", what, now - since,
	       (double)peak_kib() / 1024);
	return now_ms();
}

static char *entries(struct arena *arena, unsigned guests)
{
	struct text out;

	text_init(&out, arena);
	text_add(&out, head);
	for (unsigned i = 0; i < guests; i++)
		text_addf(&out,
			  "- {name: guest-%05u, type: vm, network: mgmt, cpu: 2, "
			  "ram_mb: 2048, template_id: 9000, tags: [web], env: prod}\n",
			  i);
	return out.at;
}

static char *ready(struct arena *arena, unsigned guests)
{
	struct text out;

	text_init(&out, arena);
	text_add(&out, "{\"branch\": \"main\", \"cluster\": \"lab\", \"instance\": "
		       "\"" INSTANCE "\", \"leases\": {");
	for (unsigned i = 0; i < guests; i++)
		text_addf(
			&out,
			"%s\"guest-%05u\": {\"id\": "
			"\"b3d10000-0000-5000-8000-0000%08x\", \"ip\": "
			"\"10.1.%u.%u\", \"mac\": \"BC:24:11:%02X:%02X:%02X\", \"node\": "
			"\"pve01\", \"owns\": {\"tags\": [\"env-prod\", \"web\"]}, "
			"\"pool\": \"mgmt\", \"since\": \"2026-11-21T09:30:00Z\", "
			"\"state\": \"ready\", \"type\": \"vm\", \"vmid\": %u}",
			i ? ", " : "", i, i, i >> 8, i & 255, i >> 16, (i >> 8) & 255,
			i & 255, 10000 + i);
	text_add(&out, "}, \"serial\": 4, \"source\": "
		       "\"3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d\", \"version\": 1}\n");
	return out.at;
}

static void add_option(struct observed *guest, const char *key, const char *value)
{
	guest->options[guest->options_len++] = (struct option){ key, value };
}

/* As the config of the guest of a ready lease reads; the keys in their order. */
static void observe(struct observed *guest, struct arena *arena,
		    const struct lease *lease)
{
	const char **tags = arena_array(arena, const char *, 3);

	*guest = (struct observed){
		.vmid = lease->vmid,
		.node = "pve01",
		.name = lease->name,
		.power = OBSERVED_RUNNING,
		.has_config = true,
		.digest = "0123456789abcdef",
		.line_instance = INSTANCE,
		.line_id = lease->id,
		.uuid = lease->id,
		.tags = tags,
		.tags_len = 3,
		.options = arena_array(arena, struct option, 8),
	};
	tags[0] = "env-prod";
	tags[1] = "vm7";
	tags[2] = "web";
	add_option(guest, "agent", "1");
	add_option(guest, "cores", "2");
	add_option(guest, "memory", "2048");
	add_option(guest, "name", lease->name);
	add_option(guest, "net0",
		   arena_printf(arena, "virtio=%s,bridge=vmbr0", lease->nics[0].mac));
	add_option(guest, "onboot", "1");
	add_option(guest, "tags", "env-prod;vm7;web");
}

static void observe_all(struct cluster_state *out, struct arena *arena,
			const struct leases *leases)
{
	static struct node_state node = { "pve01", true };
	static struct option cloud_init = { "ide2", "local-lvm:cloudinit,media=cdrom" };
	struct observed template = {
		.vmid = 9000,
		.node = "pve01",
		.name = "debian-12",
		.template = true,
		.has_config = true,
		.digest = "fedcba9876543210",
		.options = &cloud_init,
		.options_len = 1,
		.cloud_init_drive = true,
		.root_disk = "scsi0",
		.root_disk_mib = 3072,
	};

	*out = (struct cluster_state){
		.name = "lab",
		.endpoint = "https://pve.local:8006",
		.release = 9,
		.quorate = true,
		.nodes = &node,
		.nodes_len = 1,
		.guests = arena_array(arena, struct observed, leases->len + 1),
	};
	out->guests[out->guests_len++] = template;
	for (size_t i = 0; i < leases->len; i++)
		observe(&out->guests[out->guests_len++], arena, &leases->at[i]);
}

/* Plan and print; the number of bytes is a sign that it was not for nothing. */
static void run(const char *what, struct arena *arena, const char *vm7,
		const char *leases_text)
{
	struct file vm7_file = { "vm7.yaml", vm7, strlen(vm7) };
	struct file pools_file = { "ipam/pools.yaml", pools, strlen(pools) };
	struct file leases_file = { "ipam/leases.json", leases_text,
				    leases_text ? strlen(leases_text) : 0 };
	struct input input = { .file = &pools_file };
	struct cluster_state cluster;
	struct manifest manifest;
	struct leases leases;
	struct plan_input in;
	struct plan plan;
	struct diags diags;
	double begin = now_ms(), since = begin;
	size_t bytes;

	printf("%s\n", what);
	diags_init(&diags, arena);
	if (!manifest_begin(&manifest, arena, &vm7_file, &diags) ||
	    !manifest_finish(&manifest, arena, &input, 1, &diags))
		abort();
	since = lap("vm7.yaml", since);
	leases_read(&leases, arena, leases_text ? &leases_file : NULL, &diags);
	if (diags.len > 0)
		abort();
	lap("leases", since);
	observe_all(&cluster, arena, &leases);
	since = now_ms(); /* that is the network's part */
	in = (struct plan_input){
		.manifest = &manifest,
		.held = &leases,
		.cluster = &cluster,
		.commit = "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d",
		.contents = "",
		.branch = "main",
		.instance = INSTANCE,
		.repository = "https://git.example/infra.git",
		.now = "2026-11-21T09:30:00Z",
	};
	plan_make(&plan, arena, &in);
	since = lap("allocate and plan", since);
	bytes = strlen(print_plan_text(arena, &plan, false));
	since = lap("text", since);
	bytes += strlen(print_plan_json(arena, &plan));
	since = lap("JSON", since);
	bytes += strlen(print_plan_markdown(arena, &plan));
	since = lap("Markdown", since);
	bytes += strlen(leases_print(arena, &plan.leases));
	lap("leases as text", since);
	printf("  %-22s %8.1f ms, %zu actions, %zu notes, %.1f MiB printed\n", "all",
	       now_ms() - begin, plan.actions.len, plan.notes.len,
	       (double)bytes / 1048576);
}

static void bench(const char *what, unsigned guests, bool leased)
{
	struct arena *texts = arena_create(), *arena = arena_create();
	char *vm7 = entries(texts, guests);

	run(what, arena, vm7, leased ? ready(texts, guests) : NULL);
	arena_destroy(arena);
	arena_destroy(texts);
}

int main(int argc, char **argv)
{
	unsigned guests = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;

	printf("%u guests; bar for 10000 as desired, without JSON: 150 ms, 64 MiB\n",
	       guests);
	bench("as desired", guests, true);
	bench("all to be created", guests, false);
	return 0;
}
