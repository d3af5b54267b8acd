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
	play_row(*state, guests);
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

static const struct play_row snapshots[] = {
	{ "a snapshot is what was, and the way back to it", 0,
	  "GET qemu/102/snapshot -> 0.name=current\n"
	  "POST qemu/102/snapshot snapname=before&description=well%0A -> OK\n"
	  "log snapshotting 'drive-scsi0' (shared:102/vm-102-disk-0.qcow2)\n"
	  "GET qemu/102/snapshot -> 0.description=well\n"
	  "GET qemu/102/snapshot -> 0.vmstate=0\n"
	  "GET qemu/102/snapshot -> 1.parent=before\n"
	  "GET qemu/102/snapshot -> 1.description=You are here!\n"
	  "GET qemu/102/config -> parent=before\n"
	  "PUT qemu/102/config cores=4&name=later -> OK\n"
	  "GET qemu/102/config?snapshot=before -> cores=1\n"
	  "GET qemu/102/snapshot/before/config -> name=b\n"
	  "PUT qemu/102/snapshot/before/config description=x -> OK\n"
	  "GET qemu/102/snapshot/before/config -> description=x\n"
	  "POST qemu/102/snapshot/before/rollback -> OK\n"
	  "GET qemu/102/config -> cores=1\n"
	  "GET qemu/102/config -> !lock\n"
	  "DELETE qemu/102/snapshot/before -> OK\n"
	  "GET qemu/102/config -> !parent\n"
	  "GET qemu/102/snapshot -> 0.name=current\n" },
	{ "names that are refused", 0,
	  "POST qemu/102/snapshot snapname=current -> unable to use snapshot name "
	  "'current' (reserved name)\n"
	  "POST qemu/102/snapshot snapname=Pending -> unable to use snapshot name "
	  "'Pending' (reserved name)\n"
	  "POST lxc/103/snapshot snapname=vzdump -> unable to use snapshot name "
	  "'vzdump' (reserved name)\n"
	  "POST qemu/102/snapshot snapname=1x -> invalid configuration ID '1x'\n"
	  "POST qemu/102/snapshot snapname=a1 -> OK\n"
	  "POST qemu/102/snapshot snapname=a1 -> snapshot name 'a1' already used\n"
	  "GET qemu/102/config?snapshot=no -> snapshot 'no' does not exist\n"
	  "GET qemu/102/config?snapshot=a1&current=1 -> cannot use 'snapshot' parameter "
	  "with 'current'\n"
	  "POST qemu/102/snapshot/no/rollback -> snapshot 'no' does not exist\n"
	  "DELETE qemu/102/snapshot/no -> snapshot 'no' does not exist\n"
	  "PUT qemu/102/snapshot/no/config description=x -> snapshot 'no' does not "
	  "exist\n" },
	{ "memory goes with a snapshot of a VM that runs", 0,
	  "POST qemu/101/snapshot snapname=warm&vmstate=1 -> OK\n"
	  "log saving VM state and RAM using storage 'local-lvm'\n"
	  "log   Logical volume \"snap_vm-101-disk-0_warm\" created.\n"
	  "GET qemu/101/snapshot -> 0.vmstate=1\n"
	  "GET qemu/101/snapshot/warm/config -> vmstate=local-lvm:vm-101-state-warm\n"
	  "POST qemu/101/status/stop -> OK\n"
	  "POST qemu/101/snapshot/warm/rollback -> OK\n"
	  "GET qemu/101/status/current -> status=running\n"
	  "GET qemu/101/config -> !vmstate\n"
	  "DELETE qemu/101/snapshot/warm -> OK\n"
	  "log   Logical volume \"snap_vm-101-disk-0_warm\" successfully removed.\n" },
	{ "one goes back and starts", 0,
	  "POST qemu/101/snapshot snapname=cold -> OK\n"
	  "POST qemu/101/snapshot/cold/rollback start=1 -> OK\n"
	  "wait 5\n"
	  "GET qemu/101/status/current -> status=running\n" },
	{ "children are adopted when their parent goes", 0,
	  "POST lxc/103/snapshot snapname=s1 -> OK\n"
	  "POST lxc/103/snapshot snapname=s2 -> OK\n"
	  "POST lxc/103/snapshot snapname=s3 -> OK\n"
	  "DELETE lxc/103/snapshot/s2 -> OK\n"
	  "GET lxc/103/snapshot -> 1.name=s3\n"
	  "GET lxc/103/snapshot -> 1.parent=s1\n"
	  "GET lxc/103/snapshot -> !0.vmstate\n" },
	{ "while it is taken the guest is locked, and changes are refused", 0,
	  "begin POST qemu/102/snapshot snapname=s1\n"
	  "wait 0.05\n"
	  "GET qemu/102/config -> lock=snapshot\n"
	  "GET qemu/102/snapshot -> 0.snapstate=prepare\n"
	  "PUT qemu/102/config cores=2 -> VM is locked (snapshot)\n"
	  "end -> OK\n"
	  "begin POST qemu/102/snapshot/s1/rollback\n"
	  "wait 0.05\n"
	  "GET qemu/102/config -> lock=rollback\n"
	  "kill\n"
	  "POST qemu/102/status/start -> VM is locked (rollback)\n" },
	{ "a snapshot that is killed stays half made", 0,
	  "begin POST qemu/102/snapshot snapname=s1\n"
	  "wait 0.05\n"
	  "kill\n"
	  "DELETE qemu/102/snapshot/s1 -> VM is locked (snapshot)\n"
	  "world {\"guests\": {\"102\": {\"lock\": null}}}\n"
	  "POST qemu/102/snapshot/s1/rollback -> unable to rollback to incomplete "
	  "snapshot (snapstate = prepare)\n"
	  "DELETE qemu/102/snapshot/s1 force=1 -> OK\n" },
	{ "disks that came later are unused after the way back", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "PUT qemu/102/config scsi1=shared%3A1 -> OK\n"
	  "POST qemu/102/snapshot/s1/rollback -> OK\n"
	  "GET qemu/102/config -> !scsi1\n"
	  "GET qemu/102/config -> unused0=shared:102/vm-102-disk-1.raw\n" },
	{ "what a guest with snapshots refuses", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "POST qemu/102/template -> unable to create template, because VM contains "
	  "snapshots\n"
	  "PUT qemu/102/resize disk=scsi0&size=%2B1G -> can't resize volume: scsi0 if "
	  "snapshot exists\n"
	  "PUT qemu/102/config delete=scsi0&force=1 -> unable to delete "
	  "'shared:102/vm-102-disk-0.qcow2' - volume is still in use (snapshot?)\n"
	  "PUT qemu/102/config delete=scsi0 -> OK\n"
	  "PUT qemu/102/config delete=unused0 -> unable to delete "
	  "'shared:102/vm-102-disk-0.qcow2' - volume is still in use (snapshot?)\n"
	  "DELETE qemu/102 -> OK\n" },
	{ "raw files cannot be snapshotted, and templates need none", 0,
	  "PUT qemu/102/config scsi1=shared%3A1 -> OK\n"
	  "POST qemu/102/snapshot snapname=s1 -> snapshot feature is not available\n"
	  "POST qemu/9000/snapshot snapname=s1 -> you can't take a snapshot if it's a "
	  "template\n" },
	{ "a storage that is gone keeps a snapshot, unless it is forced", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "world {\"storages\": {\"shared\": {\"disabled\": true}}}\n"
	  "DELETE qemu/102/snapshot/s1 -> storage 'shared' is disabled\n"
	  "world {\"guests\": {\"102\": {\"lock\": null}}}\n"
	  "DELETE qemu/102/snapshot/s1?force=1 -> OK\n" },
	{ "a clone has no past", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "POST qemu/102/clone newid=104&full=1 -> OK\n"
	  "GET qemu/104/config -> !parent\n" },
	{ "a clone of a snapshot is what was", 0,
	  "POST qemu/102/config cores=3 -> OK\n"
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "POST qemu/102/config cores=7 -> OK\n"
	  "PUT qemu/102/config scsi1=shared%3A1 -> OK\n"
	  "POST qemu/102/clone newid=104&full=1&snapname=s1 -> OK\n"
	  "GET qemu/104/config -> cores=3\n"
	  "GET qemu/104/config -> scsi0=shared:104/vm-104-disk-0.qcow2,size=3G\n"
	  "GET qemu/104/config -> !scsi1\n"
	  "GET qemu/104/config -> !snaptime\n"
	  "GET qemu/104/config -> !snapstate\n"
	  "POST qemu/102/clone newid=105&full=1 -> OK\n"
	  "GET qemu/105/config -> cores=7\n"
	  "POST qemu/102/clone newid=106&snapname=s2 -> snapshot 's2' does not exist\n" },
	{ "a linked clone of a snapshot, where the storage can", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "POST qemu/102/clone newid=104&full=0&snapname=s1 -> Linked clone feature is "
	  "not supported for a snapshot of 'shared:102/vm-102-disk-0.qcow2' (scsi0)\n"
	  "POST qemu/101/snapshot snapname=s1 -> OK\n"
	  "POST qemu/101/clone newid=104&full=0 -> Linked clone feature is not supported "
	  "for 'local-lvm:vm-101-disk-0' (scsi0)\n"
	  "POST qemu/101/clone newid=104&full=0&snapname=s1 -> OK\n"
	  "POST qemu/101/status/stop -> OK\n"
	  "DELETE qemu/101 -> OK\n" },
	{ "a container that runs is cloned from its snapshot", 0,
	  "POST lxc/103/status/start -> OK\n"
	  "POST lxc/103/clone newid=104&full=1 -> Full clone of a running container is "
	  "only possible from a snapshot\n"
	  "POST lxc/103/clone newid=104&full=1&snapname=s1 -> snapshot 's1' does not "
	  "exist\n"
	  "POST lxc/103/snapshot snapname=s1 -> OK\n"
	  "POST lxc/103/clone newid=104&full=1&snapname=s1 -> OK\n"
	  "GET lxc/104/config -> !snaptime\n" },
	{ "what disks can, and what their snapshots can", 0,
	  "POST qemu/101/snapshot snapname=s1 -> OK\n"
	  "GET qemu/101/feature?feature=clone -> hasFeature=0\n"
	  "GET qemu/101/feature?feature=clone&snapname=s1 -> hasFeature=1\n"
	  "GET qemu/101/feature?feature=snapshot -> hasFeature=1\n"
	  "GET qemu/101/feature?feature=snapshot&snapname=s1 -> hasFeature=0\n"
	  "GET qemu/101/feature?feature=copy&snapname=s2 -> snapshot 's2' does not "
	  "exist\n"
	  "GET lxc/103/feature?feature=copy&snapname=s2 -> snapshot 's2' does not "
	  "exist\n" },
	{ "the digest is of the whole file", 0,
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "PUT qemu/102/snapshot/s1/config description=x -> OK\n"
	  "PUT qemu/102/config "
	  "cores=2&digest=0000000000000000000000000000000000000000 -> "
	  "checksum mismatch (file change by other user?)\n" },
	{ "rights on snapshots", 0,
	  "as vm7@pve!vm7\n"
	  "GET qemu/102/snapshot -> 0.name=current\n"
	  "POST qemu/102/snapshot snapname=s1 -> Permission check failed (/vms/102, "
	  "VM.Snapshot)\n"
	  "POST qemu/102/snapshot/s1/rollback -> Permission check failed (/vms/102, "
	  "VM.Snapshot|VM.Snapshot.Rollback)\n" },
};

static const struct play_row agents[] = {
	{ "an agent tells who it is", 0,
	  "POST qemu/101/agent/ping -> result={}\n"
	  "GET qemu/101/agent/get-host-name -> result.host-name=a\n"
	  "GET qemu/101/agent/get-osinfo -> result.id=debian\n"
	  "GET qemu/101/agent/get-fsinfo -> result.0.mountpoint=/\n"
	  "GET qemu/101/agent/get-timezone -> result.zone=UTC\n"
	  "GET qemu/101/agent/get-vcpus -> result.0.logical-id=0\n"
	  "GET qemu/101/agent/get-users -> result=[]\n"
	  "GET qemu/101/agent/info -> result.supported_commands.5.enabled=false\n"
	  "GET qemu/101/agent -> 0.name=exec\n"
	  "POST qemu/101/agent command=ping -> result={}\n" },
	{ "an agent that cannot answer", 0,
	  "POST qemu/102/agent/ping -> VM 102 is not running\n"
	  "POST qemu/999/agent/ping -> Configuration file "
	  "'nodes/pve01/qemu-server/999.conf' does not exist\n"
	  "PUT qemu/102/config delete=agent -> OK\n"
	  "POST qemu/102/agent/ping -> No QEMU guest agent configured\n" },
	{ "files stay, programs do not", 0,
	  "GET qemu/101/agent/file-read?file=/tmp/x -> Agent error: failed to open file "
	  "'/tmp/x' (mode: 'r'): No such file or directory\n"
	  "POST qemu/101/agent/file-write file=/tmp/x&content=hello\n"
	  "GET qemu/101/agent/file-read?file=/tmp/x -> content=hello\n"
	  "GET qemu/101/agent/file-read?file=/tmp/x -> bytes-read=5\n"
	  "POST qemu/101/agent/file-write file=/tmp/x&content=aGk%3D&encode=0\n"
	  "GET qemu/101/agent/file-read?file=/tmp/x -> content=hi\n"
	  "POST qemu/101/agent/exec command=cat&command=/tmp/x -> pid=400\n"
	  "GET qemu/101/agent/exec-status?pid=400 -> exited=0\n"
	  "wait 1\n"
	  "GET qemu/101/agent/exec-status?pid=400 -> out-data=hi\n"
	  "GET qemu/101/agent/exec-status?pid=400 -> Agent error: Invalid parameter "
	  "'pid'\n"
	  "POST qemu/101/agent/exec command=false -> pid=401\n"
	  "POST qemu/101/status/reboot -> OK\n"
	  "wait 30\n"
	  "GET qemu/101/agent/exec-status?pid=401 -> Agent error: Invalid parameter "
	  "'pid'\n"
	  "GET qemu/101/agent/file-read?file=/tmp/x -> content=hi\n" },
	{ "a program that is not there breaks more than the call", 0,
	  "POST qemu/101/agent/exec command=/nonexistent -> Broken pipe\n" },
	{ "only a part of a file", 9,
	  "POST qemu/101/agent/file-write file=/x&content=0123456789\n"
	  "GET qemu/101/agent/file-read?file=/x&offset=2&count=3 -> content=234\n"
	  "GET qemu/101/agent/file-read?file=/x&count=3 -> truncated=true\n"
	  "GET qemu/101/agent/file-read?file=/x&decode=0 -> content=MDEyMzQ1Njc4OQ==\n" },
	{ "passwords are for users that are there", 0,
	  "POST qemu/101/agent/set-user-password username=root&password=secret -> "
	  "result={}\n"
	  "POST qemu/101/agent/set-user-password username=nobody&password=secret -> "
	  "Agent error: child process has failed to set user password\n"
	  "POST qemu/101/agent/set-user-password username=root&password=x -> value must "
	  "be at least 5 characters long\n" },
	{ "file systems are frozen until they thaw", 0,
	  "POST qemu/101/agent/fsfreeze-freeze -> result=1\n"
	  "POST qemu/101/agent/fsfreeze-status -> result=frozen\n"
	  "POST qemu/101/agent/fsfreeze-thaw -> result=1\n"
	  "POST qemu/101/agent/fsfreeze-status -> result=thawed\n"
	  "POST qemu/101/agent/fstrim -> result.paths.0.path=/\n" },
	{ "a system that sleeps or goes down of its own", 0,
	  "POST qemu/101/agent/suspend-ram -> result={}\n"
	  "POST qemu/101/agent/ping -> QEMU guest agent is not running\n"
	  "POST qemu/101/status/resume -> OK\n"
	  "POST qemu/101/agent/shutdown -> result={}\n"
	  "GET qemu/101/status/current -> status=stopped\n" },
	{ "what the agent lets a role do, in 8", 8,
	  "as audit@pve!ci\n"
	  "GET qemu/101/agent/get-host-name -> Permission check failed (/vms/101, "
	  "VM.Monitor)\n"
	  "as vm7@pve!vm7\n"
	  "POST qemu/101/agent/exec command=true -> pid=400\n" },
	{ "what the agent lets a role do, in 9", 9,
	  "as vm7@pve!vm7\n"
	  "GET qemu/101/agent/get-host-name -> result.host-name=a\n"
	  "POST qemu/101/agent/exec command=true -> Permission check failed (/vms/101, "
	  "VM.GuestAgent.Unrestricted)\n"
	  "GET qemu/101/agent/file-read?file=/x -> Permission check failed (/vms/101, "
	  "VM.GuestAgent.FileRead|VM.GuestAgent.Unrestricted)\n"
	  "POST qemu/101/agent command=ping -> Permission check failed (/vms/101, "
	  "VM.GuestAgent.Unrestricted)\n" },
};

static const struct play_row moves[] = {
	{ "a disk goes to another storage, its source stays", 0,
	  "POST qemu/101/move_disk disk=scsi0&storage=shared -> OK\n"
	  "GET qemu/101/config -> scsi0=shared:101/vm-101-disk-0.raw,size=3G\n"
	  "GET qemu/101/config -> unused0=local-lvm:vm-101-disk-0\n"
	  "PUT qemu/101/unlink idlist=unused0 -> OK\n"
	  "GET qemu/101/config -> !unused0\n" },
	{ "or does not stay", 0,
	  "POST qemu/102/move_disk disk=scsi0&storage=local-lvm&delete=1 -> OK\n"
	  "log transferred 3.0 GiB of 3.0 GiB (100.00%)\n"
	  "GET qemu/102/config -> scsi0=local-lvm:vm-102-disk-0,size=3G\n"
	  "GET qemu/102/config -> !unused0\n"
	  "GET storage/shared/content?vmid=102 -> "
	  "0.volid=shared:102/vm-102-cloudinit.qcow2\n" },
	{ "to another format of the same storage", 0,
	  "POST qemu/102/move_disk disk=scsi0&storage=shared -> you can't move to the "
	  "same storage with same format\n"
	  "POST qemu/102/move_disk disk=scsi0&storage=shared&format=raw&delete=1 -> OK\n"
	  "GET qemu/102/config -> scsi0=shared:102/vm-102-disk-1.raw,size=3G\n" },
	{ "what is not moved", 0,
	  "POST qemu/102/move_disk disk=scsi7&storage=local-lvm -> disk 'scsi7' does not "
	  "exist\n"
	  "POST qemu/102/move_disk disk=ide2&storage=local-lvm -> you can't move a "
	  "cdrom\n"
	  "POST qemu/102/move_disk disk=scsi0 -> both 'storage' and 'target-vmid' "
	  "missing, either needs to be set\n"
	  "POST qemu/102/move_disk disk=scsi0&storage=local-lvm&target-vmid=101 -> "
	  "either set 'storage' or 'target-vmid', but not both\n"
	  "POST qemu/102/move_disk disk=scsi0&storage=local-lvm&digest=0 -> detected "
	  "modified configuration - file changed by other user? Try again.\n"
	  "POST qemu/102/snapshot snapname=s1 -> OK\n"
	  "POST qemu/102/move_disk disk=scsi0&storage=local-lvm&delete=1 -> you can't "
	  "move a disk with snapshots and delete the source\n"
	  "POST qemu/102/move_disk disk=foo&storage=x -> disk\n" },
	{ "a move that is killed leaves its volume", 0,
	  "begin POST qemu/102/move_disk disk=scsi0&storage=local-lvm\n"
	  "wait 1\n"
	  "kill\n"
	  "GET qemu/102/config -> scsi0=shared:102/vm-102-disk-0.qcow2,size=3G\n"
	  "GET storage/local-lvm/content?vmid=102 -> 0.volid=local-lvm:vm-102-disk-0\n" },
	{ "a container's volume, and its lock meanwhile", 0,
	  "begin POST lxc/103/move_volume volume=rootfs&storage=shared&delete=1\n"
	  "wait 1\n"
	  "GET lxc/103/config -> lock=disk\n"
	  "end -> OK\n"
	  "GET lxc/103/config -> !lock\n"
	  "GET lxc/103/config -> rootfs=shared:103/vm-103-disk-0.raw,size=2G\n"
	  "POST lxc/103/status/start -> OK\n"
	  "POST lxc/103/move_volume volume=rootfs&storage=local-lvm -> cannot move "
	  "volumes of a running container\n" },
	{ "a disk of another guest", 0,
	  "PUT qemu/102/config scsi1=shared%3A1 -> OK\n"
	  "POST qemu/102/move_disk disk=scsi1&target-vmid=102 -> must be different than "
	  "source VMID to move disk to another VM\n"
	  "POST qemu/102/move_disk disk=scsi1&target-vmid=9000 -> Can't move disks from "
	  "or to template VMs\n"
	  "POST qemu/102/move_disk disk=scsi1&target-vmid=101&target-disk=scsi0 -> "
	  "Target disk key 'scsi0' is already in use for VM '101'\n"
	  "POST qemu/102/move_disk disk=scsi1&target-vmid=101&target-disk=scsi3 -> OK\n"
	  "log moving disk 'scsi1' from VM '102' to '101'\n"
	  "GET qemu/102/config -> !scsi1\n"
	  "GET qemu/101/config -> scsi3=shared:101/vm-101-disk-0.raw,size=1G\n"
	  "POST qemu/101/move_disk disk=scsi3&target-vmid=102 -> Cannot move disk to "
	  "another VM while the source VM is running - detach first\n" },
	{ "what disks can", 0,
	  "GET qemu/101/feature?feature=clone -> hasFeature=0\n"
	  "GET qemu/9000/feature?feature=clone -> hasFeature=1\n"
	  "GET qemu/102/feature?feature=snapshot -> nodes.2=pve03\n"
	  "GET qemu/101/feature?feature=snapshot -> !nodes.1\n"
	  "GET lxc/103/feature?feature=snapshot -> hasFeature=1\n" },
};

static const struct play_row migrations[] = {
	{ "a VM on shared storage changes nodes", 0,
	  "GET qemu/102/migrate -> running=0\n"
	  "GET qemu/102/migrate -> allowed_nodes.0=pve02\n"
	  "GET qemu/102/migrate -> local_disks=[]\n"
	  "POST qemu/102/migrate target=pve01 -> target is local node.\n"
	  "POST qemu/102/migrate target=pve9 -> no such cluster node 'pve9'\n"
	  "begin POST qemu/102/migrate target=pve02\n"
	  "wait 0.5\n"
	  "GET qemu/102/config -> lock=migrate\n"
	  "end -> OK\n"
	  "GET qemu/102/config -> Configuration file 'nodes/pve01/qemu-server/102.conf' "
	  "does not exist\n"
	  "GET /nodes/pve02/qemu/102/config -> !lock\n" },
	{ "a VM that runs goes on running", 0,
	  "POST qemu/102/status/start -> OK\n"
	  "POST qemu/102/migrate target=pve02 -> can't migrate running VM without "
	  "--online\n"
	  "POST qemu/102/migrate target=pve02&online=1 -> OK\n"
	  "GET /nodes/pve02/qemu/102/status/current -> status=running\n" },
	{ "local disks go along when they are told to", 0,
	  "POST qemu/9000/clone newid=105&full=1 -> OK\n"
	  "POST qemu/105/status/start -> OK\n"
	  "POST qemu/105/migrate target=pve02&online=1 -> migration aborted\n"
	  "GET qemu/105/config -> !lock\n"
	  "GET qemu/105/status/current -> status=running\n"
	  "POST qemu/105/migrate target=pve02&online=1&with-local-disks=1&"
	  "targetstorage=nope -> storage 'nope' does not exist\n"
	  "POST qemu/105/migrate target=pve02&online=1&with-local-disks=1&"
	  "targetstorage=local -> storage 'local' does not support vm images\n"
	  "POST qemu/105/migrate target=pve02&online=1&with-local-disks=1&"
	  "targetstorage=shared -> OK\n"
	  "GET /nodes/pve02/qemu/105/config -> "
	  "scsi0=shared:105/vm-105-disk-0.raw,size=3G\n" },
	{ "a linked clone stays with its base", 0,
	  "POST qemu/101/status/stop -> OK\n"
	  "POST qemu/101/migrate target=pve02 -> migration aborted\n"
	  "GET qemu/101/config -> !lock\n" },
	{ "a node that is off takes nobody", 0,
	  "world {\"nodes\": {\"pve02\": {\"online\": false}}}\n"
	  "POST qemu/102/migrate target=pve02 -> migration aborted\n"
	  "GET qemu/102/config -> !lock\n" },
	{ "a migration that is killed leaves its lock", 0,
	  "begin POST qemu/102/migrate target=pve02\n"
	  "wait 0.5\n"
	  "kill\n"
	  "POST qemu/102/status/start -> VM is locked (migrate)\n"
	  "GET qemu/102/migrate -> VM is locked (migrate)\n" },
	{ "a container is down for the trip", 0,
	  "POST lxc/103/status/start -> OK\n"
	  "POST lxc/103/migrate target=pve02 -> can't migrate running container without "
	  "--online or --restart\n"
	  "POST lxc/103/migrate target=pve02&online=1 -> migration aborted\n"
	  "POST lxc/103/migrate target=pve02&restart=1 -> migration aborted\n"
	  "GET lxc/103/status/current -> status=running\n"
	  "POST lxc/9100/clone newid=106&full=1 -> OK\n"
	  "POST lxc/106/status/start -> OK\n"
	  "POST lxc/106/migrate target=pve02&restart=1 -> OK\n"
	  "GET /nodes/pve02/lxc/106/status/current -> status=running\n" },
	{ "what root alone may ask, and is not simulated, is refused", 0,
	  "as root@pam\n"
	  "POST qemu/102/migrate target=pve02&migration_type=insecure -> not simulated\n"
	  "POST qemu/102/status/start stateuri=x -> not simulated\n"
	  "POST /nodes/pve01/vzdump vmid=101&storage=local&script=x -> not simulated\n"
	  "POST qemu/102/status/start skiplock=1 -> OK\n" },
	{ "where a container could go", 9,
	  "GET lxc/103/migrate -> running=0\n"
	  "GET lxc/103/migrate -> allowed-nodes.0=pve02\n"
	  "GET lxc/103/migrate -> allowed-nodes.1=pve03\n"
	  "GET lxc/103/migrate -> not-allowed-nodes={}\n"
	  "POST lxc/103/status/start -> OK\n"
	  "GET lxc/103/migrate?target=pve02 -> running=1\n"
	  "POST /cluster/ha/resources sid=ct:103 -> OK\n"
	  "GET lxc/103/migrate -> Method 'GET /nodes/pve01/lxc/103/migrate' not "
	  "simulated for what HA manages\n" },
	{ "PVE 8 does not say where a container could go", 8,
	  "GET lxc/103/migrate -> Method 'GET /nodes/pve01/lxc/103/migrate' not "
	  "implemented\n" },
	{ "a limit makes a move take longer", 0,
	  "begin POST qemu/102/move_disk disk=scsi0&storage=local-lvm&bwlimit=1024\n"
	  "wait 3000\n"
	  "GET qemu/102/config -> scsi0=shared:102/vm-102-disk-0.qcow2,size=3G\n"
	  "end -> OK\n"
	  "GET qemu/102/config -> scsi0=local-lvm:vm-102-disk-0,size=3G\n"
	  "begin POST qemu/102/migrate target=pve02&with-local-disks=1&bwlimit=1024\n"
	  "wait 3000\n"
	  "GET qemu/102/config -> lock=migrate\n"
	  "end -> OK\n" },
	{ "where it could go, whichever node is asked about", 0,
	  "GET qemu/102/migrate?target=pve03 -> allowed_nodes.0=pve02\n" },
	{ "what is not simulated is refused, not passed over", 0,
	  "GET qemu?full=1 -> property is not defined in schema\n"
	  "POST lxc/103/status/start debug=1 -> property is not defined in schema\n"
	  "POST qemu/102/status/start machine=q35 -> property is not defined in schema\n"
	  "POST qemu/102/migrate target=pve02&with-conntrack-state=1 -> property is not "
	  "defined in schema\n"
	  "POST qemu/101/agent/exec command=id&input-data=x -> property is not defined "
	  "in schema\n"
	  "POST vzdump vmid=102&lockwait=1 -> property is not defined in schema\n"
	  "POST startall max-workers=2 -> property is not defined in schema\n"
	  "PUT network regenerate-frr=1 -> property is not defined in schema\n" },
	{ "rights to migrate", 0,
	  "as vm7@pve!vm7\n"
	  "POST qemu/102/migrate target=pve02 -> Permission check failed (/vms/102, "
	  "VM.Migrate)\n" },
};

#define MANAGED "POST /cluster/ha/resources sid=vm:102 -> OK\n"

static const struct play_row ha[] = {
	{ "nothing is managed until somebody says so", 0,
	  "GET /cluster/ha/resources -> []\n"
	  "GET /cluster/ha/status/current -> 0.status=OK\n"
	  "GET qemu/102/status/current -> ha.managed=0\n" },
	{ "resources are made, changed and removed", 0,
	  "POST /cluster/ha/resources sid=102&max_restart=2&comment=x -> OK\n"
	  "POST /cluster/ha/resources sid=vm:102 -> create resource failed: resource ID "
	  "'vm:102' already defined\n"
	  "POST /cluster/ha/resources sid=vm:999 -> resource 'vm:999' does not exists in "
	  "cluster\n"
	  "POST /cluster/ha/resources sid=foo -> unable to parse resource id 'foo'\n"
	  "GET /cluster/ha/resources/vm:102 -> max_restart=2\n"
	  "GET /cluster/ha/resources?type=ct -> !0\n"
	  "PUT /cluster/ha/resources/vm:102 state=stopped&delete=comment -> OK\n"
	  "GET /cluster/ha/resources/vm:102 -> state=stopped\n"
	  "GET /cluster/ha/resources/vm:102 -> !comment\n"
	  "DELETE /cluster/ha/resources/vm:102 -> OK\n"
	  "DELETE /cluster/ha/resources/vm:102 -> cannot delete service 'vm:102', not HA "
	  "managed!\n"
	  "GET /cluster/ha/resources/vm:102 -> no such resource 'vm:102'\n" },
	{ "a managed guest is started by the next round", 0,
	  MANAGED "GET qemu/102/status/current -> ha.managed=1\n"
		  "wait 30\n"
		  "GET qemu/102/status/current -> status=running\n"
		  "GET qemu/102/status/current -> ha.state=started\n"
		  "GET /cluster/ha/status/manager_status -> "
		  "manager_status.service_status.vm:102.state=started\n" },
	{ "calls only ask, and what goes down of itself comes up again", 0,
	  MANAGED
	  "wait 30\n"
	  "begin POST qemu/102/status/shutdown timeout=20\n"
	  "end -> OK\n"
	  "log Requesting HA stop for VM 102\n"
	  "GET qemu/102/status/current -> status=running\n"
	  "wait 40\n"
	  "GET qemu/102/status/current -> status=stopped\n"
	  "GET /cluster/ha/resources/vm:102 -> state=stopped\n"
	  "POST qemu/102/status/start -> OK\n"
	  "log Requesting HA start for VM 102\n"
	  "wait 40\n"
	  "GET qemu/102/status/current -> status=running\n"
	  "world {\"guests\": {\"102\": {\"status\": \"stopped\"}}}\n"
	  "wait 30\n"
	  "GET qemu/102/status/current -> status=running\n"
	  "POST qemu/102/status/suspend todisk=1 -> Cannot suspend HA managed VM to "
	  "disk\n" },
	{ "a migration is a request too", 0,
	  MANAGED "wait 30\n"
		  "POST qemu/102/migrate target=pve02&online=1 -> OK\n"
		  "log Requesting HA migration for VM 102 to node pve02\n"
		  "GET qemu/102/status/current -> status=running\n"
		  "wait 60\n"
		  "GET /nodes/pve02/qemu/102/status/current -> status=running\n"
		  "POST /cluster/ha/resources/vm:102/relocate node=pve03 -> OK\n"
		  "wait 90\n"
		  "GET /nodes/pve03/qemu/102/status/current -> status=running\n" },
	{ "guests of a dead node come up on another", 0,
	  "POST qemu/102/migrate target=pve02 -> OK\n" MANAGED "wait 30\n"
	  "world {\"nodes\": {\"pve02\": {\"online\": false}}}\n"
	  "wait 80\n"
	  "GET /cluster/ha/status/manager_status -> "
	  "manager_status.service_status.vm:102.state=fence\n"
	  "wait 100\n"
	  "GET /cluster/ha/status/manager_status -> "
	  "manager_status.service_status.vm:102.state=started\n"
	  "world {\"nodes\": {\"pve02\": {\"online\": true}}}\n"
	  "GET /nodes/pve02/qemu/102/config -> Configuration file "
	  "'nodes/pve02/qemu-server/102.conf' does not exist\n" },
	{ "what cannot be started ends in an error", 0,
	  "POST /cluster/ha/resources sid=vm:102&max_relocate=0 -> OK\n"
	  "world {\"guests\": {\"102\": {\"lock\": \"backup\"}}}\n"
	  "wait 120\n"
	  "GET qemu/102/status/current -> ha.state=error\n"
	  "POST qemu/102/status/start -> command 'ha-manager set vm:102 --state started' "
	  "failed: exit code 255\n"
	  "log service 'vm:102' in error state, must be disabled and fixed first\n"
	  "PUT /cluster/ha/resources/vm:102 state=started -> service 'vm:102' in error "
	  "state, must be disabled and fixed first\n"
	  "PUT /cluster/ha/resources/vm:102 state=disabled -> OK\n"
	  "world {\"guests\": {\"102\": {\"lock\": null}}}\n"
	  "wait 20\n"
	  "PUT /cluster/ha/resources/vm:102 state=started -> OK\n"
	  "wait 40\n"
	  "GET qemu/102/status/current -> ha.state=started\n" },
	{ "a managed guest is destroyed with its resource, or not at all", 0,
	  "POST /cluster/ha/resources sid=vm:102&state=stopped -> OK\n"
	  "DELETE qemu/102 -> unable to remove VM 102 - used in HA resources and purge "
	  "parameter not set.\n"
	  "DELETE qemu/102?purge=1 -> OK\n"
	  "GET /cluster/ha/resources -> []\n" },
	{ "ignored is as if it were not there", 0,
	  "POST /cluster/ha/resources sid=vm:102&state=ignored -> OK\n"
	  "POST qemu/102/status/start -> OK\n"
	  "GET qemu/102/status/current -> ha.managed=0\n" },
	{ "a group says where, in 8", 8,
	  "POST /cluster/ha/resources sid=vm:102&group=g1 -> HA group 'g1' does not "
	  "exist\n"
	  "POST /cluster/ha/groups group=g1&nodes=pve02:2,pve03:1&restricted=1 -> OK\n"
	  "GET /cluster/ha/groups/g1 -> restricted=1\n"
	  "PUT /cluster/ha/groups/g1 restricted=0&digest=1234 -> update ha group "
	  "failed: detected modified configuration - file changed by other user? Try "
	  "again.\n"
	  "GET /cluster/ha/groups/g1 -> restricted=1\n"
	  "POST /cluster/ha/resources sid=vm:102&group=g1 -> OK\n"
	  "DELETE /cluster/ha/groups/g1 -> delete group failed: ha group 'g1' is used by "
	  "service 'vm:102'\n"
	  "wait 60\n"
	  "GET /nodes/pve02/qemu/102/status/current -> status=running\n" },
	{ "a rule says where, in 9", 9,
	  "GET /cluster/ha/groups -> cannot index groups: ha groups have been migrated "
	  "to "
	  "rules\n"
	  "POST /cluster/ha/resources sid=vm:102&group=g1 -> invalid parameter 'group': "
	  "ha groups have been migrated to rules\n"
	  "POST /cluster/ha/rules "
	  "rule=r1&type=node-affinity&nodes=pve03&resources=vm:102 "
	  "-> create ha rule failed: cannot use unmanaged resource(s) vm:102.\n" MANAGED
	  "POST /cluster/ha/rules rule=r1&type=node-affinity&nodes=pve03 -> property is "
	  "missing and it is not optional\n"
	  "POST /cluster/ha/rules "
	  "rule=r1&type=node-affinity&nodes=pve03&resources=vm:102 "
	  "-> OK\n"
	  "GET /cluster/ha/rules -> 0.rule=r1\n"
	  "PUT /cluster/ha/rules/r1 type=node-affinity&digest=1234 -> update HA rules "
	  "failed: detected modified configuration - file changed by other user? Try "
	  "again.\n"
	  "PUT /cluster/ha/rules/r2 type=node-affinity -> update HA rules failed: HA "
	  "rule 'r2' does not exist\n"
	  "wait 60\n"
	  "GET /nodes/pve03/qemu/102/status/current -> status=running\n"
	  "DELETE /cluster/ha/resources/vm:102 -> OK\n"
	  "GET /cluster/ha/rules -> []\n" },
	{ "guests are kept apart, in 9", 9,
	  "POST lxc/103/move_volume volume=rootfs&storage=shared&delete=1 -> OK\n" MANAGED
	  "POST /cluster/ha/resources sid=ct:103 -> OK\n"
	  "POST /cluster/ha/rules "
	  "rule=r1&type=resource-affinity&affinity=negative&resources=vm:102,ct:103 -> "
	  "OK\n"
	  "wait 120\n"
	  "GET qemu/102/status/current -> Configuration file "
	  "'nodes/pve01/qemu-server/102.conf' does not exist\n"
	  "GET lxc/103/status/current -> status=running\n" },
	{ "rights on HA", 0,
	  "as vm7@pve!vm7\n"
	  "GET /cluster/ha/resources -> []\n"
	  "POST /cluster/ha/resources sid=vm:102 -> Permission check failed (/, "
	  "Sys.Console)\n" },
};

int main(void)
{
	add_rows(plays, power);
	add_rows(plays, templates);
	add_rows(plays, snapshots);
	add_rows(plays, agents);
	add_rows(plays, moves);
	add_rows(plays, migrations);
	add_rows(plays, ha);
	return run_all_tests("sim_life");
}
