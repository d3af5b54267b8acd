/* What a guest is given, what is next for it at any half-made point, and what is no drift. */
#include "tests/lib/scene.h"

#include <ctype.h>

#define VM "type: vm, cpu: 2, ram_mb: 2048, template_id: 9000"
#define CT "type: lxc, cpu: 1, ram_mb: 512, template_id: 9100"
#define ARCHIVE \
	"type: lxc, cpu: 1, ram_mb: 512, disk_gb: 8, image: 'local:vztmpl/d.tar.zst'"

/* Names for what a lease makes up, so that rows can be written down. */
struct alias {
	const char *name, *value;
};

struct stage {
	struct scene scene;
	struct making making;
	struct alias aliases[8];
	size_t aliases_len;
};

/* A guest `a` with this entry, and its lease; on a network without addresses unless said. */
static void stage_init(struct stage *stage, const char *entry)
{
	char vms[1000];
	const struct scene_spec spec = {
		.vms = vms,
		.world = "{\"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}",
	};
	const struct lease *lease;

	snprintf(vms, sizeof(vms), "- {name: a, %s%s}\n", entry,
		 strstr(entry, "network") ? "" : ", network: bare");
	*stage = (struct stage){ 0 };
	scene_plan(&stage->scene, &spec);
	assert_int_equal(scene_action(&stage->scene, "a")->verb, VERB_CREATE);
	stage->making = scene_action(&stage->scene, "a")->making;
	lease = stage->making.lease;
	for (size_t i = 0; i < lease->nics_len && i < 3; i++) {
		char *small = arena_strdup(stage->scene.arena, lease->nics[i].mac);

		for (char *at = small; *at; at++)
			*at = (char)tolower((unsigned char)*at);
		stage->aliases[stage->aliases_len++] =
			(struct alias){ arena_printf(stage->scene.arena, "MAC%zu", i),
					lease->nics[i].mac };
		stage->aliases[stage->aliases_len++] =
			(struct alias){ arena_printf(stage->scene.arena, "mac%zu", i),
					small };
	}
	stage->aliases[stage->aliases_len++] = (struct alias){ "ID1", lease->id };
}

static char *with_aliases(const struct stage *stage, const char *text, bool back)
{
	struct text out;

	text_init(&out, stage->scene.arena);
	while (*text) {
		size_t i = 0;

		for (; i < stage->aliases_len; i++) {
			const struct alias *alias = &stage->aliases[i];
			const char *from = back ? alias->value : alias->name;

			if (!str_starts(text, from))
				continue;
			text_add(&out, back ? alias->name : alias->value);
			text += strlen(from);
			break;
		}
		if (i == stage->aliases_len)
			text_addc(&out, *text++);
	}
	return arena_strdup(stage->scene.arena, text_str(&out));
}

/* The guest itself, with a config and a power. */
static const struct observed *guest_of(const struct stage *stage, json_t *config,
				       const char *power)
{
	struct cluster_state *cluster =
		arena_new(stage->scene.arena, struct cluster_state);
	json_t *world = json_pack("{s:[{s:i, s:s, s:s, s:O}]}", "guests", "vmid",
				  (int)stage->making.lease->vmid, "type",
				  guest_type_name(stage->making.lease->type), "power",
				  power, "config", config);

	world_of(cluster, stage->scene.arena, world);
	json_decref(world);
	return &cluster->guests[0];
}

static json_t *config_of(const struct stage *stage, const char *text)
{
	json_error_t err;
	json_t *config = json_loads(with_aliases(stage, text, false),
				    JSON_REJECT_DUPLICATES, &err);

	if (!config)
		fail_msg("%s: %s", err.text, text);
	return config;
}

static const struct change *change_of(const struct changes *changes, const char *key)
{
	for (size_t i = 0; i < changes->len; i++)
		if (strcmp(changes->at[i].key, key) == 0)
			return &changes->at[i];
	return NULL;
}

enum when { MADE, DRIFT };

/* One option: what it is to be, given what is there. */
static const struct option_row {
	const char *name, *entry;
	enum when when;
	const char *config;   /* as Proxmox shows it */
	const char *key, *to; /* NULL: stays as it is; "": is taken away */
} option_rows[] = {
	/* numbers */
	{ "cores are set", VM, MADE, "{}", "cores", "2" },
	{ "cores that are there stay", VM, MADE, "{\"cores\": 2}", "cores", NULL },
	{ "memory is MiB", VM, MADE, "{\"memory\": \"512\"}", "memory", "2048" },
	{ "memory as a property string is the same", VM, DRIFT,
	  "{\"memory\": \"current=2048\"}", "memory", NULL },
	{ "an absent memory is 512", "type: vm, cpu: 1, ram_mb: 512, template_id: 9000",
	  MADE, "{}", "memory", NULL },
	{ "sockets are 1 unless said", VM, DRIFT, "{}", "sockets", NULL },
	{ "sockets are set", VM ", sockets: 2", MADE, "{}", "sockets", "2" },
	{ "sockets of the template that nobody asked for go back to 1", VM, MADE,
	  "{\"sockets\": 4}", "sockets", "1" },
	{ "a balloon is the template's unless said", VM, MADE, "{\"balloon\": 256}",
	  "balloon", NULL },
	{ "a balloon is set", VM ", balloon: 1024", MADE, "{\"balloon\": 256}", "balloon",
	  "1024" },
	{ "swap of a container", CT ", swap_mb: 0", MADE, "{}", "swap", "0" },
	{ "swap is 512 unless said", CT, DRIFT, "{}", "swap", NULL },
	{ "a machine has no swap", VM, MADE, "{}", "swap", NULL },

	/* flags */
	{ "guests start with their node", VM, MADE, "{}", "onboot", "1" },
	{ "onboot: false is what an absent option means", VM ", onboot: false", DRIFT,
	  "{}", "onboot", NULL },
	{ "onboot: false takes it back", VM ", onboot: false", DRIFT, "{\"onboot\": 1}",
	  "onboot", "0" },
	{ "protection is set", VM ", protection: true", MADE, "{}", "protection", "1" },
	{ "protection is off unless said", VM, DRIFT, "{\"protection\": 0}", "protection",
	  NULL },

	/* property strings */
	{ "the agent is on unless said", VM, MADE, "{}", "agent", "1" },
	{ "agent: enabled=1 is the same", VM, DRIFT, "{\"agent\": \"enabled=1\"}",
	  "agent", NULL },
	{ "agent: 1 with a sub-key is the same", VM, DRIFT,
	  "{\"agent\": \"1,fstrim_cloned_disks=1\"}", "agent", NULL },
	{ "agent: yes is the same", VM, DRIFT, "{\"agent\": \"yes\"}", "agent", NULL },
	{ "agent: off is not", VM, DRIFT, "{\"agent\": \"enabled=off\"}", "agent",
	  "enabled=1" },
	{ "sub-keys of the agent are kept", VM, DRIFT,
	  "{\"agent\": \"enabled=0,type=isa\"}", "agent", "enabled=1,type=isa" },
	{ "an agent that is off and absent is the same", VM ", agent: false", DRIFT, "{}",
	  "agent", NULL },
	{ "an agent is turned off", VM ", agent: false", DRIFT, "{\"agent\": \"1\"}",
	  "agent", "0" },
	{ "the processor is the template's unless said", VM, MADE, "{\"cpu\": \"host\"}",
	  "cpu", NULL },
	{ "flags of a processor are kept", VM ", cpu_type: host", MADE,
	  "{\"cpu\": \"kvm64,flags=+aes\"}", "cpu", "host,flags=+aes" },
	{ "cputype= is the same as bare", VM ", cpu_type: host", DRIFT,
	  "{\"cpu\": \"cputype=host,flags=+aes\"}", "cpu", NULL },
	{ "a processor is set", VM ", cpu_type: host", MADE, "{}", "cpu", "host" },
	{ "a start order is set", VM ", startup: {order: 3, up: 10, down: 20}", MADE,
	  "{}", "startup", "order=3,up=10,down=20" },
	{ "a bare start order is the same", VM ", startup: {order: 3}", DRIFT,
	  "{\"startup\": \"3\"}", "startup", NULL },
	{ "the order of sub-keys does not matter", VM ", startup: {order: 3, up: 10}",
	  DRIFT, "{\"startup\": \"up=10,order=3\"}", "startup", NULL },
	{ "sub-keys of the start order are kept", VM ", startup: {order: 4}", DRIFT,
	  "{\"startup\": \"3,up=9\"}", "startup", "up=9,order=4" },
	{ "nesting is set", CT ", features: {nesting: true}", MADE, "{}", "features",
	  "nesting=1" },
	{ "other features are kept", CT ", features: {nesting: true}", DRIFT,
	  "{\"features\": \"keyctl=1\"}", "features", "keyctl=1,nesting=1" },
	{ "no nesting is what absent means", CT ", features: {nesting: false}", DRIFT,
	  "{}", "features", NULL },

	/* tags */
	{ "a clone gets its own tags, not the template's",
	  VM ", tags: [web, Api], env: prod", MADE, "{\"tags\": \"golden\"}", "tags",
	  "api;env-prod;vm7;web" },
	{ "without any it gets vm7", VM, MADE, "{}", "tags", "vm7" },
	{ "tags that people added stay", VM ", tags: [web]", DRIFT,
	  "{\"tags\": \"mine;vm7\"}", "tags", "mine;vm7;web" },
	{ "the order of tags does not matter", VM ", tags: [web]", DRIFT,
	  "{\"tags\": \"web;vm7;extra\"}", "tags", NULL },

	/* names and identity */
	{ "a machine has its name", VM, MADE, "{\"name\": \"debian-12\"}", "name", "a" },
	{ "a container has its hostname", CT, MADE, "{\"hostname\": \"x\"}", "hostname",
	  "a" },
	{ "a container has no name", CT, MADE, "{}", "name", NULL },
	{ "the identity is the UUID", VM, MADE,
	  "{\"smbios1\": \"uuid=00000000-1111-4000-8000-000000000000\"}", "smbios1",
	  "uuid=ID1" },
	{ "other SMBIOS fields are kept", VM, MADE,
	  "{\"smbios1\": \"base64=1,uuid=00000000-1111-4000-8000-000000000000,"
	  "serial=eA==\"}",
	  "smbios1", "base64=1,uuid=ID1,serial=eA==" },
	{ "a UUID that is right stays", VM, MADE, "{\"smbios1\": \"uuid=ID1\"}",
	  "smbios1", NULL },
	{ "the UUID of a finished guest is never set", VM, DRIFT,
	  "{\"smbios1\": \"uuid=00000000-1111-4000-8000-000000000000\"}", "smbios1",
	  NULL },
	{ "a container has no SMBIOS", CT, MADE, "{}", "smbios1", NULL },

	/* what cloud-init is told */
	{ "the user", VM, MADE, "{\"ciuser\": \"root\"}", "ciuser", "devops" },
	{ "packages are not upgraded at the first boot", VM, MADE, "{}", "ciupgrade",
	  "0" },
	{ "keys are sent encoded", VM, MADE, "{}", "sshkeys", KEY_SENT },
	{ "keys that are there stay", VM, MADE, "{\"sshkeys\": \"" KEY_SENT "\"}",
	  "sshkeys", NULL },
	{ "keys in another encoding are the same", VM, MADE,
	  "{\"sshkeys\": \"ssh-ed25519%20AAAAC3Nz%20devops@example%0A\"}", "sshkeys",
	  NULL },
	{ "plain keys are the same", VM, MADE,
	  "{\"sshkeys\": \"ssh-ed25519 AAAAC3Nz devops@example\\n\"}", "sshkeys", NULL },
	{ "another key is replaced", VM, MADE, "{\"sshkeys\": \"ssh-rsa%20AAAA%20me\"}",
	  "sshkeys", KEY_SENT },
	{ "one key more is one too many", VM, MADE,
	  "{\"sshkeys\": \"" KEY_SENT "%0Assh-rsa%20AAAA%20me\"}", "sshkeys", KEY_SENT },
	{ "two keys are two lines",
	  VM ", access: {ssh_public_keys: ['ssh-rsa AAAA me', 'ssh-rsa BBBB you']}", MADE,
	  "{}", "sshkeys", "ssh-rsa%20AAAA%20me%0Assh-rsa%20BBBB%20you" },
	{ "a finished guest's keys are not compared", VM, DRIFT,
	  "{\"sshkeys\": \"ssh-rsa%20AAAA%20me\"}", "sshkeys", NULL },
	{ "the pool's name servers", VM ", network: mgmt", MADE, "{}", "nameserver",
	  "192.168.10.2" },
	{ "the entry's name servers win, blanks between",
	  VM ", network: mgmt, dns: ["
	     "10.1.1.1, 10.1.1.2]",
	  MADE, "{}", "nameserver", "10.1.1.1 10.1.1.2" },
	{ "name servers with commas are the same", VM ", dns: [10.1.1.1, 10.1.1.2]", MADE,
	  "{\"nameserver\": \"10.1.1.1,10.1.1.2\"}", "nameserver", NULL },
	{ "a domain", VM ", domain: example.lan", MADE, "{}", "searchdomain",
	  "example.lan" },
	{ "a serial port, if there is none", VM, MADE, "{}", "serial0", "socket" },
	{ "a serial port that is there stays", VM, MADE, "{\"serial0\": \"/dev/ttyS0\"}",
	  "serial0", NULL },
	{ "a container is told its keys in the call that makes it", CT, MADE, "{}",
	  "ssh-public-keys", NULL },

	/* cards of a machine */
	{ "a card keeps the template's bridge", VM ", network: mgmt", MADE,
	  "{\"net0\": \"virtio=BC:24:11:AA:AA:AA,bridge=vmbr7\"}", "net0",
	  "virtio=MAC0,bridge=vmbr7" },
	{ "a card where the template has none", VM ", network: mgmt", MADE, "{}", "net0",
	  "virtio=MAC0,bridge=vmbr0" },
	{ "a card keeps its model", VM ", network: mgmt", MADE,
	  "{\"net0\": \"e1000=BC:24:11:AA:AA:AA,bridge=vmbr0,queues=2\"}", "net0",
	  "e1000=MAC0,bridge=vmbr0,queues=2" },
	{ "a network with bridge and VLAN", VM ", network: tagged", MADE,
	  "{\"net0\": \"virtio=BC:24:11:AA:AA:AA,bridge=vmbr0\"}", "net0",
	  "virtio=MAC0,bridge=vmbr1,tag=20" },
	{ "a card that is right stays", VM ", network: tagged", DRIFT,
	  "{\"net0\": \"virtio=MAC0,tag=20,bridge=vmbr1\"}", "net0", NULL },
	{ "another VLAN is a difference", VM ", network: tagged", DRIFT,
	  "{\"net0\": \"virtio=MAC0,bridge=vmbr1,tag=30\"}", "net0",
	  "virtio=MAC0,bridge=vmbr1,tag=20" },
	{ "a second card", VM ", networks: [mgmt, tagged]", MADE, "{}", "net1",
	  "virtio=MAC1,bridge=vmbr1,tag=20" },
	{ "a card of the template that nobody asked for goes", VM ", network: mgmt", MADE,
	  "{\"net1\": \"virtio=BC:24:11:AA:AA:AB,bridge=vmbr0\"}", "net1", "" },
	{ "so does its address", VM ", network: mgmt", MADE,
	  "{\"ipconfig1\": \"ip=dhcp\"}", "ipconfig1", "" },
	{ "the last card goes too", VM ", network: mgmt", MADE,
	  "{\"net31\": \"virtio=BC:24:11:AA:AA:AB,bridge=vmbr0\"}", "net31", "" },
	{ "a card that people added later stays", VM ", network: mgmt", DRIFT,
	  "{\"net1\": \"virtio=BC:24:11:AA:AA:AB,bridge=vmbr0\"}", "net1", NULL },

	/* addresses of a machine */
	{ "a leased address, with the default route", VM ", network: mgmt", MADE, "{}",
	  "ipconfig0", "ip=192.168.10.50/24,gw=192.168.10.1" },
	{ "only the first card has the route", VM ", networks: [mgmt, dual]", MADE, "{}",
	  "ipconfig1", "ip=10.0.0.5/24,ip6=fd00:10::5/64" },
	{ "both families", VM ", network: dual", MADE, "{}", "ipconfig0",
	  "ip=10.0.0.5/24,gw=10.0.0.1,ip6=fd00:10::5/64,gw6=fd00:10::1" },
	{ "DHCP", VM ", network: dyn", MADE, "{}", "ipconfig0", "ip=dhcp" },
	{ "DHCP takes the route of the template away", VM ", network: dyn", MADE,
	  "{\"ipconfig0\": \"ip=10.0.0.9/24,gw=10.0.0.1\"}", "ipconfig0", "ip=dhcp" },
	{ "a card without an address", VM ", network: bare", MADE,
	  "{\"ipconfig0\": \"ip=dhcp\"}", "ipconfig0", "" },
	{ "an address in other letters is the same", VM ", network: dual", MADE,
	  "{\"ipconfig0\": "
	  "\"gw=10.0.0.1,gw6=FD00:10::1,ip=10.0.0.5/24,ip6=FD00:10::5/64\"}",
	  "ipconfig0", NULL },
	{ "a finished guest's address is not compared", VM ", network: mgmt", DRIFT,
	  "{\"ipconfig0\": \"ip=dhcp\"}", "ipconfig0", NULL },

	/* cards of a container */
	{ "a container's card has everything", CT ", network: mgmt", MADE, "{}", "net0",
	  "name=eth0,hwaddr=MAC0,bridge=vmbr0,ip=192.168.10.50/24,gw=192.168.10.1" },
	{ "a second one", CT ", networks: [mgmt, dual]", MADE, "{}", "net1",
	  "name=eth1,hwaddr=MAC1,bridge=vmbr0,ip=10.0.0.5/24,ip6=fd00:10::5/64" },
	{ "a container's card by DHCP", CT ", network: dyn", MADE, "{}", "net0",
	  "name=eth0,hwaddr=MAC0,bridge=vmbr0,ip=dhcp" },
	{ "a container's card that is right stays", CT ", network: mgmt", DRIFT,
	  "{\"net0\": \"name=eth0,bridge=vmbr0,gw=192.168.10.1,hwaddr=MAC0,"
	  "ip=192.168.10.50/24,type=veth\"}",
	  "net0", NULL },
	{ "a container's address that was changed is a difference", CT ", network: mgmt",
	  DRIFT,
	  "{\"net0\": \"name=eth0,bridge=vmbr0,gw=192.168.10.1,hwaddr=MAC0,"
	  "ip=192.168.10.51/24,type=veth\"}",
	  "net0",
	  "name=eth0,bridge=vmbr0,gw=192.168.10.1,hwaddr=MAC0,ip=192.168.10.50/"
	  "24,type=veth" },
	{ "a MAC in small letters is the same", CT ", network: dyn", DRIFT,
	  "{\"net0\": \"name=eth0,bridge=vmbr0,hwaddr=mac0,ip=dhcp\"}", "net0", NULL },
	{ "so is a machine's", VM ", network: mgmt", DRIFT,
	  "{\"net0\": \"virtio=mac0,bridge=vmbr0\"}", "net0", NULL },
};

static void reads(void **state)
{
	const struct option_row *row = *state;
	const struct change *change;
	struct changes changes;
	struct stage stage;
	json_t *config;

	stage_init(&stage, row->entry);
	config = config_of(&stage, row->config);
	making_changes(&changes, stage.scene.arena, &stage.making,
		       guest_of(&stage, config, "stopped"),
		       row->when == MADE ? EXTENT_MADE : EXTENT_KEPT);
	json_decref(config);
	change = change_of(&changes, row->key);
	if (!row->to)
		assert_null(change);
	else
		assert_non_null(change);
	if (row->to && *row->to)
		assert_string_equal(with_aliases(&stage, change->to, true), row->to);
	else if (row->to)
		assert_null(change->to);
	scene_finish(&stage.scene);
}

/* ---- from nothing to done, one step at a time ---- */

static const struct walk_row {
	const char *name, *entry, *steps;
} walk_rows[] = {
	{ "a machine", VM ", network: mgmt", "create,configure,start" },
	{ "a machine with a larger disk", VM ", network: mgmt, disk_gb: 40",
	  "create,configure,grow,start" },
	{ "a machine with the template's disk", VM ", network: mgmt, disk_gb: 3",
	  "create,configure,start" },
	{ "a machine that stays stopped", VM ", network: mgmt, power: stopped",
	  "create,configure" },
	{ "a machine whose power is nobody's business",
	  VM ", network: mgmt, power: observe", "create,configure" },
	{ "a machine with everything",
	  VM ", networks: [dual, mgmt, dyn], sockets: 2, balloon: 512, cpu_type: host, "
	     "tags: [b, a], env: prod, protection: true, agent: false, onboot: false, "
	     "startup: {order: 2, down: 30}, dns: [10.1.1.1], domain: example.lan",
	  "create,configure,start" },
	{ "a container from a template", CT ", network: mgmt, disk_gb: 8",
	  "create,configure,grow,start" },
	{ "a container with everything",
	  CT ", networks: [mgmt, dyn], swap_mb: 0, features: {nesting: true}, tags: [x], "
	     "startup: {order: 1}, dns: [10.1.1.1], domain: example.lan",
	  "create,configure,start" },
	{ "a container from an archive", ARCHIVE ", network: mgmt", "create,start" },
	{ "a container from an archive that stays stopped",
	  ARCHIVE ", network: mgmt, power: stopped", "create" },
};

static json_t *config_from(const struct observed *template)
{
	json_t *config = json_object();

	for (size_t i = 0; template && i < template->options_len; i++)
		json_object_set_new(config, template->options[i].key,
				    json_string(template->options[i].value));
	return config;
}

static void set_all(json_t *config, const struct changes *changes)
{
	for (size_t i = 0; i < changes->len; i++)
		if (changes->at[i].to)
			json_object_set_new(config, changes->at[i].key,
					    json_string(changes->at[i].to));
		else
			json_object_del(config, changes->at[i].key);
}

/* What Proxmox has once the create call is over: the line came with it. */
static json_t *created(const struct stage *stage)
{
	const struct making *making = &stage->making;
	json_t *config = config_from(making->template);
	struct changes options;

	json_object_set_new(config, "description",
			    json_string(identity_line(stage->scene.arena, INSTANCE,
						      making->lease->id, REPOSITORY)));
	if (making->template)
		return config;
	making_options(&options, stage->scene.arena, making);
	set_all(config, &options);
	json_object_del(config, "ssh-public-keys"); /* not an option that is kept */
	json_object_set_new(config, "unprivileged", json_integer(1));
	json_object_set_new(config, "rootfs", json_string("local-lvm:x,size=8G"));
	return config;
}

static void is_made(void **state)
{
	const struct walk_row *row = *state;
	enum step planned[STEP_REFUSE];
	const struct observed *seen = NULL;
	const char *power = "stopped";
	json_t *config = NULL;
	struct changes drift;
	struct stage stage;
	struct text walked;
	struct next next;
	size_t len;

	stage_init(&stage, row->entry);
	text_init(&walked, stage.scene.arena);
	len = making_steps(planned, stage.scene.arena, &stage.making, NULL);
	for (size_t i = 0; i <= len; i++) {
		making_next(&next, stage.scene.arena, &stage.making, seen);
		if (next.step == STEP_REFUSE || next.step == STEP_WAIT)
			fail_msg("%s", next.why.text);
		if (i == len)
			break;
		assert_int_equal(next.step, planned[i]);
		text_addf(&walked, "%s%s", walked.len ? "," : "", step_name(next.step));
		if (next.step == STEP_CREATE)
			config = created(&stage);
		else if (next.step == STEP_CONFIGURE)
			set_all(config, &next.changes);
		else if (next.step == STEP_GROW)
			json_object_set_new(
				config, next.disk,
				json_string(arena_printf(stage.scene.arena, "x:y,size=%s",
							 next.size)));
		else
			power = "running";
		seen = guest_of(&stage, config, power);
	}
	assert_int_equal(next.step, STEP_DONE);
	assert_string_equal(text_str(&walked), row->steps);
	/* and nobody finds a difference afterwards */
	making_changes(&drift, stage.scene.arena, &stage.making, seen, EXTENT_KEPT);
	if (drift.len > 0)
		fail_msg("%s is %s, to be %s", drift.at[0].key,
			 drift.at[0].from ? drift.at[0].from : "-",
			 drift.at[0].to ? drift.at[0].to : "-");
	json_decref(config);
	scene_finish(&stage.scene);
}

/* A temporary password is given once, as its hash, and cannot be read back. */
static void a_password(void **state)
{
	const struct change *change;
	struct changes changes;
	struct stage stage;
	json_t *config;

	(void)state;
	stage_init(&stage, VM ", access: {temp_password: {secret: first}}");
	stage.making.password_hash = "$6$salt$hash";
	config = config_of(&stage, "{}");
	making_changes(&changes, stage.scene.arena, &stage.making,
		       guest_of(&stage, config, "stopped"), EXTENT_MADE);
	change = change_of(&changes, "cipassword");
	assert_string_equal(change->to, "$6$salt$hash");
	assert_true(change->secret);
	json_object_set_new(config, "cipassword", json_string("**********"));
	making_changes(&changes, stage.scene.arena, &stage.making,
		       guest_of(&stage, config, "stopped"), EXTENT_MADE);
	assert_null(change_of(&changes, "cipassword"));
	json_decref(config);
	scene_finish(&stage.scene);
}

/* ---- is it the same guest that two readings ask for? ---- */

static const struct same_row {
	const char *name, *one, *other;
	bool same;
} same_rows[] = {
	{ "the same words", VM ", network: mgmt", VM ", network: mgmt", true },
	{ "the same keys in another order", "network: mgmt, " VM, VM ", network: mgmt",
	  true },
	{ "what is usual, said", VM, VM ", onboot: true, sockets: 1", true },
	{ "tags in another order", VM ", tags: [a, b]", VM ", tags: [b, a]", true },
	{ "another number of cores", VM,
	  "type: vm, cpu: 3, ram_mb: 2048, template_id: 9000", false },
	{ "another tag", VM ", tags: [a]", VM ", tags: [b]", false },
	{ "another template", CT, ARCHIVE, false },
	{ "another disk", VM ", disk_gb: 10", VM ", disk_gb: 11", false },
	{ "another node's storage", VM ", datastore: local-lvm", VM ", datastore: shared",
	  false },
	{ "a linked clone", VM, VM ", clone: linked", false },
	{ "stopped", VM, VM ", power: stopped", false },
	{ "another key", VM, VM ", access: {ssh_public_key: 'ssh-rsa AAAA me'}", false },
	{ "another network", VM ", network: mgmt", VM ", network: tagged", false },
	{ "another domain", VM, VM ", domain: example.lan", false },
	{ "protected", VM, VM ", protection: true", false },
	{ "privileged", ARCHIVE, ARCHIVE ", unprivileged: false", false },
	{ "a resource pool", VM, VM ", resource_pool: lab", false },
	{ "another VMID", VM ", vmid: 100", VM, false },
};

static void compares(void **state)
{
	const struct same_row *row = *state;
	struct stage one, other;

	stage_init(&one, row->one);
	stage_init(&other, row->other);
	assert_int_equal(making_same(one.scene.arena, &one.making, &other.making),
			 row->same);
	assert_int_equal(making_same(one.scene.arena, &other.making, &one.making),
			 row->same);
	scene_finish(&one.scene);
	scene_finish(&other.scene);
}

int main(void)
{
	add_rows(reads, option_rows);
	add_rows(is_made, walk_rows);
	add_test("a temporary password is sent once", a_password);
	add_rows(compares, same_rows);
	return run_all_tests("making");
}
