/* How the simulator makes disks, copies them, lets them grow, and what it logs of it. */
#include "tests/lib/play.h"

#define QCOW2_9 "cluster_size=131072 extended_l2=on preallocation=metadata"
#define QCOW2_8 "cluster_size=65536 extended_l2=off"
#define ALONE   "cluster_size=65536 extended_l2=off preallocation=metadata"

static void plays(void **state)
{
	play_row(*state, NULL);
}

static const struct play_row rows[] = {
	{ "an image is formatted where its storage lies", 0,
	  "POST qemu vmid=150&scsi0=shared:2,format%3Dqcow2 -> OK\n"
	  "log Formatting '/mnt/pve/shared/images/150/vm-150-disk-0.qcow2', "
	  "fmt=qcow2 " ALONE
	  " compression_type=zlib size=2147483648 lazy_refcounts=off refcount_bits=16\n"
	  "log scsi0: successfully created disk "
	  "'shared:150/vm-150-disk-0.qcow2,size=2G'\n" },
	{ "a raw image has less to say", 0,
	  "POST qemu vmid=150&scsi0=shared:1 -> OK\n"
	  "log Formatting '/mnt/pve/shared/images/150/vm-150-disk-0.raw', fmt=raw "
	  "size=1073741824 preallocation=off\n" },
	{ "disks are made in the order of their names", 0,
	  "POST qemu vmid=150&scsi1=shared:1&scsi0=shared:2&ide0=shared:3 -> OK\n"
	  "GET qemu/150/config -> ide0=shared:150/vm-150-disk-0.raw,size=3G\n"
	  "GET qemu/150/config -> scsi0=shared:150/vm-150-disk-1.raw,size=2G\n"
	  "GET qemu/150/config -> scsi1=shared:150/vm-150-disk-2.raw,size=1G\n" },
	{ "the variables of the firmware have the size of their template", 0,
	  "POST qemu vmid=150&bios=ovmf&efidisk0=shared:1,efitype%3D4m -> OK\n"
	  "GET qemu/150/config -> "
	  "efidisk0=shared:150/vm-150-disk-0.raw,efitype=4m,size=528K\n" },
	{ "the older ones are smaller", 0,
	  "POST qemu vmid=150&bios=ovmf&efidisk0=shared:1 -> OK\n"
	  "GET qemu/150/config -> efidisk0=shared:150/vm-150-disk-0.raw,size=128K\n" },
	{ "on a volume manager they take an extent", 0,
	  "POST qemu vmid=150&bios=ovmf&efidisk0=local-lvm:1 -> OK\n"
	  "GET qemu/150/config -> efidisk0=local-lvm:vm-150-disk-0,size=4M\n" },
	{ "the state of a TPM is of one size", 0,
	  "POST qemu vmid=150&tpmstate0=local-lvm:1,version%3Dv2.0 -> OK\n"
	  "GET qemu/150/config -> "
	  "tpmstate0=local-lvm:vm-150-disk-0,size=4M,version=v2.0\n" },
	{ "a linked clone stands on its base", 9,
	  "POST qemu/9001/clone newid=150&name=a -> OK\n"
	  "log creating a clone of VM 9001 with ID 150\n"
	  "log clone 9001/base-9001-disk-0.qcow2: images, vm-150-disk-0.qcow2, 150 to "
	  "vm-150-disk-0.qcow2 (base=../9001/base-9001-disk-0.qcow2)\n"
	  "log Formatting '/mnt/pve/shared/images/150/vm-150-disk-0.qcow2', "
	  "fmt=qcow2 " QCOW2_9 " compression_type=zlib size=3221225472 "
	  "backing_file=../9001/base-9001-disk-0.qcow2 backing_fmt=qcow2 "
	  "lazy_refcounts=off refcount_bits=16\n"
	  "log allocated target volume 'shared:150/vm-150-cloudinit.qcow2'\n" },
	{ "and did so with fewer words", 8,
	  "POST qemu/9001/clone newid=150&name=a -> OK\n"
	  "log Formatting '/mnt/pve/shared/images/150/vm-150-disk-0.qcow2', "
	  "fmt=qcow2 " QCOW2_8 " compression_type=zlib size=3221225472 "
	  "backing_file=../9001/base-9001-disk-0.qcow2 backing_fmt=qcow2 "
	  "lazy_refcounts=off refcount_bits=16\n" },
	{ "a full clone in another format, its cloud-init image too", 0,
	  "POST qemu/9001/clone newid=150&name=a&full=1&format=raw -> OK\n"
	  "log transferred 3.0 GiB of 3.0 GiB (100.00%)\n"
	  "GET qemu/150/config -> "
	  "ide2=shared:150/vm-150-cloudinit.raw,media=cdrom,size=4M\n"
	  "GET qemu/150/config -> scsi0=shared:150/vm-150-disk-0.raw,size=3G\n" },
	{ "what was stopped in the middle of a copy says so", 0,
	  "begin POST qemu/9001/clone newid=150&name=a&full=1&bwlimit=20000\n"
	  "wait 5\n"
	  "stop\n"
	  "end -> clone failed: copy failed: command '/usr/bin/qemu-img convert -p -n -r "
	  "20000K -f qcow2 -O qcow2 "
	  "/mnt/pve/shared/images/9001/base-9001-disk-0.qcow2 "
	  "zeroinit:/mnt/pve/shared/images/150/vm-150-disk-0.qcow2' failed: interrupted "
	  "by signal\n"
	  "GET qemu/150/config -> Configuration file 'nodes/pve01/qemu-server/150.conf' "
	  "does not exist\n" },
	{ "a disk that grows under a running VM is not told of", 0,
	  "POST qemu/9000/clone newid=150&name=a -> OK\n"
	  "PUT qemu/150/resize disk=scsi0&size=4G -> OK\n"
	  "log Image resized.\n"
	  "POST qemu/150/status/start -> OK\n"
	  "PUT qemu/150/resize disk=scsi0&size=5G -> OK\n"
	  "GET qemu/150/config -> scsi0=local-lvm:vm-150-disk-0,size=5G\n" },
	{ "who waits for a lock file says it", 0,
	  "POST qemu/9000/clone newid=150&name=a -> OK\n"
	  "POST qemu/150/status/start -> OK\n"
	  "world {\"guests\": {\"150\": {\"deaf\": true}}}\n"
	  "begin POST qemu/150/status/shutdown timeout=3\n"
	  "POST qemu/150/status/stop -> OK\n"
	  "log trying to acquire lock...\n"
	  "log  OK\n" },
	{ "a purge is told", 0,
	  "POST qemu/9000/clone newid=150&name=a -> OK\n"
	  "DELETE qemu/150?purge=1 -> OK\n"
	  "log purging VM 150 from related configurations..\n" },
	{ "the options of a change are logged by name", 0,
	  "POST qemu/9000/clone newid=150&name=a -> OK\n"
	  "POST qemu/150/config memory=1024&cores=2&description=caf%C3%A9%0Abar -> OK\n"
	  "log update VM 150: -cores 2 -description caf\303\251\n"
	  "log bar -memory 1024\n" },
	{ "what is wider than Latin-1 comes out wrong", 9,
	  "POST qemu/9000/clone newid=150&name=a -> OK\n"
	  "POST qemu/150/config description=%C3%A9%E2%9C%93 -> OK\n"
	  "log Wide character in print at /usr/share/perl5/PVE/API2/Qemu.pm line 2259.\n"
	  "log update VM 150: -description \303\203\302\251\303\242\302\234\302\223\n"
	  "GET qemu/150/config -> description=\303\251\342\234\223\n" },
	{ "a container without its template leaves a log and nothing else", 9,
	  "POST lxc vmid=150&ostemplate=local:vztmpl/none.tar.gz&rootfs=local-lvm:1"
	  "&ostype=unmanaged -> unable to create CT 150 - volume "
	  "'local:vztmpl/none.tar.gz' does not exist\n"
	  "log Creating filesystem with 262144 4k blocks and 65536 inodes\n"
	  "log \t32768, 98304, 163840, 229376\n"
	  "log volume 'local:vztmpl/none.tar.gz' does not exist\n" },
};

int main(void)
{
	add_rows(plays, rows);
	return run_all_tests("sim disks");
}
