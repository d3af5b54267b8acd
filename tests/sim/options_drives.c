/* The property strings of a VM's drives. Facts of PVE 8.4 and 9.2. PVE: PVE::QemuServer::Drive. */
#include "options.h"

/* What every bus takes, sorted by name. */
#define DRIVE_KEYS                                                                     \
	{ "aio", SCHEMA_STRING, SCHEMA_OPTIONAL,                                       \
	  .values = "native, threads, io_uring" },                                     \
		{ "backup", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                         \
		{ "bps", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                            \
		{ "bps_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,      \
		  .min = 1 },                                                          \
		{ "bps_rd", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                         \
		{ "bps_rd_length", SCHEMA_STRING, SCHEMA_OPTIONAL,                     \
		  .alias = "bps_rd_max_length" },                                      \
		{ "bps_rd_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,   \
		  .min = 1 },                                                          \
		{ "bps_wr", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                         \
		{ "bps_wr_length", SCHEMA_STRING, SCHEMA_OPTIONAL,                     \
		  .alias = "bps_wr_max_length" },                                      \
		{ "bps_wr_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,   \
		  .min = 1 },                                                          \
		{ "cache", SCHEMA_STRING, SCHEMA_OPTIONAL,                             \
		  .values = "none, writethrough, writeback, unsafe, directsync" },     \
		{ "cyls", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },           \
		{ "detect_zeroes", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                  \
		{ "discard", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "ignore, on" }, \
		{ "file", SCHEMA_STRING, SCHEMA_DEFAULT_KEY,                           \
		  .format = format_volume_or_path },                                   \
		{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL,                            \
		  .values = "raw, qcow, qed, qcow2, vmdk, cloop" },                    \
		{ "heads", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },          \
		{ "import-from", SCHEMA_STRING, SCHEMA_OPTIONAL,                       \
		  .format = format_volume_or_path },                                   \
		{ "iops", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                           \
		{ "iops_max", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                       \
		{ "iops_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,     \
		  .min = 1 },                                                          \
		{ "iops_rd", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                        \
		{ "iops_rd_length", SCHEMA_STRING, SCHEMA_OPTIONAL,                    \
		  .alias = "iops_rd_max_length" },                                     \
		{ "iops_rd_max", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                    \
		{ "iops_rd_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,  \
		  .min = 1 },                                                          \
		{ "iops_wr", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                        \
		{ "iops_wr_length", SCHEMA_STRING, SCHEMA_OPTIONAL,                    \
		  .alias = "iops_wr_max_length" },                                     \
		{ "iops_wr_max", SCHEMA_INTEGER, SCHEMA_OPTIONAL },                    \
		{ "iops_wr_max_length", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,  \
		  .min = 1 },                                                          \
		{ "mbps", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                            \
		{ "mbps_max", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                        \
		{ "mbps_rd", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                         \
		{ "mbps_rd_max", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                     \
		{ "mbps_wr", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                         \
		{ "mbps_wr_max", SCHEMA_NUMBER, SCHEMA_OPTIONAL },                     \
		{ "media", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "cdrom, disk" },  \
		{ "replicate", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                      \
		{ "rerror", SCHEMA_STRING, SCHEMA_OPTIONAL,                            \
		  .values = "ignore, report, stop" },                                  \
		{ "secs", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },           \
		{ "serial", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 60,          \
		  .format = format_urlencoded },                                       \
		{ "shared", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                         \
		{ "size", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_size },     \
		{ "snapshot", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                       \
		{ "trans", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_ONLY_8,             \
		  .values = "none, lba, auto" },                                       \
		{ "volume", SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "file" },         \
	{                                                                              \
		"werror", SCHEMA_STRING, SCHEMA_OPTIONAL,                              \
			.values = "enospc, ignore, report, stop"                       \
	}

const struct schema qemu_ide_format[] = {
	DRIVE_KEYS,
	{ "model", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 120,
	  .format = format_urlencoded },
	{ "ssd", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_sata_format[] = {
	DRIVE_KEYS,
	{ "ssd", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_scsi_format[] = {
	DRIVE_KEYS,
	{ "iothread", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "queues", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 2 },
	{ "ro", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "scsiblock", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "ssd", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_virtio_format[] = {
	DRIVE_KEYS,
	{ "iothread", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "ro", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_efidisk_format[] = {
	{ "efitype", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "2m, 4m" },
	{ "file", SCHEMA_STRING, SCHEMA_DEFAULT_KEY, .format = format_volume_or_path },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "raw, qcow, qed, qcow2, vmdk, cloop" },
	{ "import-from", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .format = format_volume_or_path },
	{ "ms-cert", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "2011, 2023, 2023w, 2023k" },
	{ "pre-enrolled-keys", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "size", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_size },
	{ "volume", SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "file" },
	{ NULL },
};

const struct schema qemu_tpmstate_format[] = {
	{ "file", SCHEMA_STRING, SCHEMA_DEFAULT_KEY, .format = format_volume_or_path },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .values = "raw, qcow2, vmdk" },
	{ "import-from", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .format = format_volume_or_path },
	{ "size", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_size },
	{ "version", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "v1.2, v2.0" },
	{ "volume", SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "file" },
	{ NULL },
};

const struct schema qemu_unused_format[] = {
	{ "file", SCHEMA_STRING, SCHEMA_DEFAULT_KEY, .format = format_volume },
	{ "volume", SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "file" },
	{ NULL },
};
