/* The verbs. A new one is a file cmd_NAME.c and a row here. */
#include "controller/app.h"

static const char *const plan_options[] = {
	"guest",  "explain",           "format",         "report", "offline",
	"expect", "detailed-exitcode", "accept-rewrite", NULL
};
static const char *const apply_options[] = { "guest",          "expect", "report",
					     "format",         "yes",    "task-timeout",
					     "accept-rewrite", NULL };
static const char *const reconcile_options[] = {
	"once",    "dry-run",      "guest",
	"expect",  "report",       "format",
	"yes",     "offline",      "detailed-exitcode",
	"explain", "task-timeout", "accept-rewrite",
	NULL
};
static const char *const controller_options[] = { "task-timeout", NULL };
static const char *const status_options[] = { "watch", NULL };
static const char *const rollback_options[] = { "guest", "yes", NULL };
static const char *const adopt_options[] = { "all", "tag", "list", "recover", NULL };
static const char *const hold_options[] = { "reason", NULL };
static const char *const release_options[] = { "destroy", "orphan", "yes", NULL };
static const char *const import_options[] = { "pool", "file", "network", "image", NULL };
static const char *const rights_options[] = { "pve", NULL };
static const char *const inventory_options[] = { "format", NULL };

const struct command commands[] = {
	{ "validate", "check vm7.yaml and what it names, without a network", NULL, NULL,
	  "Every mistake of every file is shown at once, with its place.", cmd_validate },
	{ "plan", "what a pass would do, and what it would disturb", NULL, plan_options,
	  "Reads only. In a checkout its working tree is planned, committed or not.\n"
	  "--format is text, json or markdown. Exits as apply would; else with 0, or "
	  "with 2 when\n"
	  "--detailed-exitcode is given and there is something to do.",
	  cmd_plan },
	{ "apply", "one pass: make what is missing", NULL, apply_options,
	  "Works on the pushed commit. Reservations are committed and pushed before the "
	  "first\n"
	  "request, results and inventory after the last.",
	  cmd_apply },
	{ "controller", "look after the repository's guests, for ever", NULL,
	  controller_options,
	  "Looks at the branch every poll_interval, makes a pass when it moved, and one "
	  "every\n"
	  "drift_interval. Everything is named in the host's own configuration "
	  "(--config). "
	  "SIGHUP reads\n"
	  "that again, SIGUSR1 makes a pass now, SIGTERM ends it: what is under way is "
	  "taken up at the\n"
	  "next start.",
	  cmd_controller },
	{ "status", "how things stand, and what waits for a person", "[NAME]",
	  status_options,
	  "Asks the running controller: what is in force, the last pass and the next, "
	  "who "
	  "fails and\n"
	  "since when, and the command that frees what waits. NAME: all about that "
	  "guest. "
	  "Without a\n"
	  "controller it is what the repository says. Exits with 0 when everything is as "
	  "desired,\n"
	  "else with 1.",
	  cmd_status },
	{ "reconcile", "ask the controller for a pass; --once: apply", NULL,
	  reconcile_options,
	  "Waits for the pass, says what it did, and exits as it did. --once makes a "
	  "pass "
	  "itself: it is\n"
	  "apply, and with --dry-run plan.",
	  cmd_reconcile },
	{ "rollback", "free what failed to be made", NULL, rollback_options,
	  "Frees leases of creations that failed, and removes their half-made guests; "
	  "with --guest\n"
	  "also another guest that was never finished. Never a finished one: to undo a "
	  "change,\n"
	  "git revert it. Where a guest is destroyed, --yes is needed if nobody can be "
	  "asked.",
	  cmd_rollback },
	{ "adopt", "take over guests that somebody else made, or that were lost",
	  "[VMID...]", adopt_options,
	  "Prints entries that describe the guests as they are (adopt: VMID, drift: "
	  "report), to be\n"
	  "looked at and committed as a file that vm7.yaml includes. Comments say what "
	  "an entry cannot,\n"
	  "such as which network is to be declared. Templates and guests that have a "
	  "lease, or another\n"
	  "vm7, are left out with a word on standard error. --list shows what no lease "
	  "covers.\n\n"
	  "A leased guest that is disputed is sealed again, if its UUID, a MAC or its "
	  "line is that of the\n"
	  "lease: line, tag and UUID are written back, and nothing else.\n\n"
	  "--recover rebuilds a lease file that was lost, from the guests that carry its "
	  "line, commits and\n"
	  "pushes it.",
	  cmd_adopt },
	{ "hold", "leave a guest alone, or list the guests that are left alone", "[NAME]",
	  hold_options,
	  "Writes --reason into the guest's lease, commits and pushes it: until vm7 "
	  "unhold, no pass does\n"
	  "anything to the guest. Without NAME: who is on hold, and why. An entry can "
	  "say hold: true too.",
	  cmd_hold },
	{ "unhold", "look after a guest again", "NAME", NULL,
	  "Takes the hold out of the guest's lease, commits and pushes.", cmd_unhold },
	{ "release", "let go of a guest whose entry is gone", "[NAME]", release_options,
	  "For what removal: keep leaves running: its lease says stop from now on, or "
	  "destroy, committed\n"
	  "and pushed, and the next pass carries it out. Nothing is asked of Proxmox "
	  "here.\n\n"
	  "--orphan VMID destroys a guest that carries vm7's line of these leases and "
	  "has no lease, at once:\n"
	  "it is switched off, and its disks go with it. --yes is needed if nobody can "
	  "be asked.",
	  cmd_release },
	{ "forget", "leave a guest without an entry to itself, as it is", "NAME", NULL,
	  "Takes vm7's line and tags off the guest, then drops its lease, committed and "
	  "pushed. It goes\n"
	  "on running, and is nobody's: no pass looks after it or removes it. A guest "
	  "that is not there\n"
	  "any more only loses its lease. To take it back, adopt it.",
	  cmd_forget },
	{ "import", "take over what another tool wrote down",
	  "leases NAME=ADDRESS... | config-env FILE...", import_options,
	  "leases: addresses that guests have already become leases, committed and "
	  "pushed, which the\n"
	  "next apply keeps. --file reads them from a lease file of the form "
	  "{\"leases\": "
	  "{NAME:\n"
	  "{\"ip\": ..., \"pool\": ...}}}. The range of a pool does not bind them, its "
	  "subnet does.\n\n"
	  "config-env: containers of Proxmox-GitOps (config.env, container.env) are "
	  "printed as entries\n"
	  "of vms, to be put into vm7.yaml or a file that it includes. Nothing in the "
	  "files is run. The\n"
	  "network is that of vm7.yaml whose pool has the address, or --network; --image "
	  "says what the\n"
	  "containers are made from.",
	  cmd_import },
	{ "inventory", "the guests of the committed state", NULL, inventory_options,
	  "--format is yaml, ansible, json, ssh-config or hosts.", cmd_inventory },
	{ "render", "what a guest is given when it is made", "NAME", NULL, NULL,
	  cmd_render },
	{ "rights", "the smallest role and ACL for these files, as pveum lines", NULL,
	  rights_options,
	  "For Proxmox VE 8 and 9, without a network. What only the cluster knows, "
	  "storages "
	  "and bridges\n"
	  "of templates, is asked for where it covers them all.",
	  cmd_rights },
	{ "schema", "the JSON Schema of vm7.yaml, for editors", "[FILE]", NULL,
	  "FILE is vm7.yaml, or pools.yaml, or controller.yaml: the host's own "
	  "configuration.",
	  cmd_schema },
	{ "init", "a first vm7.yaml and its pools, with comments", NULL, NULL,
	  "Writes into the directory of -C and exits with 10: edit the files, then vm7 "
	  "validate.",
	  cmd_init },
	{ "help", "this, or more about a verb", "[VERB]", NULL, NULL, cmd_help },
	{ 0 },
};
