/* The life of a guest in the simulator: what happens to it between its start and its end. */
#include "tests/lib/play.h"

/* 101: a VM that runs, on local-lvm; 102: one on the shared storage; 103: a container. */
static const char guests[] = "POST qemu/9000/clone newid=101&name=a -> OK\n"
			     "POST qemu/101/status/start -> OK\n"
			     "POST qemu/9001/clone newid=102&name=b&full=1 -> OK\n"
			     "POST lxc/9100/clone newid=103&hostname=c -> OK\n"
			     "wait 30";

static void plays(void **state)
{
	const struct play_row *row = *state;

	for (unsigned pve = 8; pve <= 9; pve++) {
		struct play play;

		if (row->pve && row->pve != pve)
			continue;
		play = play_begin(pve);
		play_lines(&play, guests);
		play_lines(&play, row->lines);
		play_keeps(&play);
		play_finish(&play);
	}
}

static const struct play_row power[] = {
	{ "a VM that is suspended stands still", 0,
	  "POST qemu/101/status/suspend -> OK\n"
	  "GET qemu/101/status/current -> status=running\n"
	  "GET qemu/101/status/current -> qmpstatus=paused\n"
	  "GET qemu/101/agent/network-get-interfaces -> QEMU guest agent is not running\n"
	  "POST qemu/101/status/shutdown -> VM is paused - cannot shutdown\n"
	  "POST qemu/101/status/resume -> OK\n"
	  "GET qemu/101/status/current -> qmpstatus=running\n" },
	{ "a paused VM can be forced to stop", 0,
	  "POST qemu/101/status/suspend -> OK\n"
	  "POST qemu/101/status/shutdown forceStop=1 -> OK\n"
	  "GET qemu/101/status/current -> qmpstatus=stopped\n" },
	{ "a VM that is down is not suspended", 0,
	  "POST qemu/102/status/suspend -> VM 102 not running\n"
	  "POST qemu/102/status/resume -> VM 102 not running\n"
	  "POST qemu/102/status/reset -> VM 102 not running\n"
	  "POST qemu/999/status/reset -> VM 999 not running\n"
	  "POST lxc/103/status/suspend -> CT 103 not running\n" },
	{ "memory on disk: the VM is down, and goes on where it was", 0,
	  "POST qemu/101/status/suspend todisk=1 -> OK\n"
	  "log State saved, quitting\n"
	  "GET qemu/101/config -> lock=suspended\n"
	  "GET qemu/101/config -> vmstate=local-lvm:vm-101-state-suspend-2026-11-21\n"
	  "GET qemu/101/status/current -> status=stopped\n"
	  "POST qemu/101/status/reset -> VM 101 not running\n"
	  "PUT qemu/101/config memory=2048 -> VM is locked (suspended)\n"
	  "POST qemu/101/status/resume -> OK\n"
	  "log Resumed VM, removing state\n"
	  "GET qemu/101/config -> !lock\n"
	  "GET qemu/101/config -> !vmstate\n"
	  "GET qemu/101/agent/network-get-interfaces -> result.0.name=lo\n" },
	{ "a suspend that is killed leaves its lock and its volume", 0,
	  "begin POST qemu/101/status/suspend todisk=1\n"
	  "wait 0.1\n"
	  "GET qemu/101/config -> lock=suspending\n"
	  "kill\n"
	  "POST qemu/101/status/stop -> VM is locked (suspending)\n"
	  "GET qemu/101/config -> vmstate=local-lvm:vm-101-state-suspend-2026-11-21\n" },
	{ "a start brings a suspended VM back too", 0,
	  "POST qemu/101/status/suspend todisk=1 -> OK\n"
	  "POST qemu/101/status/start -> OK\n"
	  "GET qemu/101/config -> !lock\n" },
	{ "a reset starts the system anew, not the process", 0,
	  "POST qemu/101/status/reset -> OK\n"
	  "GET qemu/101/agent/network-get-interfaces -> QEMU guest agent is not running\n"
	  "wait 20\n"
	  "GET qemu/101/agent/network-get-interfaces -> result.0.name=lo\n" },
	{ "a shutdown that nobody answers can be overruled", 0,
	  "world {\"guests\": {\"101\": {\"deaf\": true}}}\n"
	  "begin POST qemu/101/status/shutdown\n"
	  "wait 1\n"
	  "POST qemu/101/status/stop overrule-shutdown=1 -> OK\n"
	  "GET qemu/101/status/current -> status=stopped\n" },
	{ "the startup order says how long a shutdown may take", 0,
	  "world {\"guests\": {\"101\": {\"deaf\": true}}}\n"
	  "PUT qemu/101/config startup=order%3D1,down%3D5\n"
	  "begin POST qemu/101/status/shutdown\n"
	  "wait 6\n"
	  "end -> VM quit/powerdown failed - got timeout\n" },
	{ "a locked VM that is down is stopped already", 0,
	  "world {\"guests\": {\"102\": {\"lock\": \"backup\"}}}\n"
	  "POST qemu/102/status/stop -> OK\n"
	  "POST qemu/102/status/start -> VM is locked (backup)\n" },
	{ "what only root may say", 0,
	  "POST qemu/101/status/reset skiplock=1 -> Only root may use this option.\n"
	  "POST qemu/101/status/stop keepActive=1 -> Only root may use this option.\n"
	  "POST lxc/103/status/start skiplock=1 -> Only root may use this option.\n"
	  "POST qemu/101/status/suspend statestorage=shared -> missing property required "
	  "by 'statestorage'\n" },
	{ "a suspend to disk needs rights on its storage", 0,
	  "as audit@pve!ci\n"
	  "POST qemu/101/status/suspend todisk=1 -> Permission check failed (/vms/101, "
	  "VM.PowerMgmt)\n" },
	{ "a container without CRIU cannot be suspended", 0,
	  "POST lxc/103/status/start -> OK\n"
	  "POST lxc/103/status/suspend -> command 'lxc-checkpoint -n 103 -s -D "
	  "/var/lib/vz/dump' failed: exit code 1\n"
	  "POST lxc/103/status/resume -> CT 103 already running\n" },
};

static const struct play_row templates[] = {
	{ "the disks of a template are bases", 0,
	  "POST qemu/102/template -> OK\n"
	  "GET qemu/102/config -> template=1\n"
	  "GET qemu/102/config -> "
	  "scsi0=shared:102/base-102-disk-0.qcow2,size=3G\n"
	  "POST qemu/102/template -> you can't convert a template to a template\n"
	  "POST qemu/102/status/start -> you can't start a vm if it's a template\n"
	  "POST qemu/102/clone newid=104 -> OK\n" },
	{ "a VM that runs is no template", 0,
	  "POST qemu/101/template -> you can't convert a VM to template if VM is "
	  "running\n"
	  "world {\"guests\": {\"101\": {\"lock\": \"backup\"}}}\n"
	  "POST qemu/101/template -> VM is locked (backup)\n" },
	{ "a container's answer does not name the task", 0,
	  "begin POST lxc/103/template\n"
	  "end -> OK\n"
	  "GET lxc/103/config -> template=1\n" },
};

int main(void)
{
	add_rows(plays, power);
	add_rows(plays, templates);
	return run_all_tests("sim_life");
}
