#include "base/arena.h"
#include "reconcile/props.h"
#include "tests/lib/test.h"

static const struct row {
	const char *name, *text, *printed;
} rows[] = {
	{ "order stays as read", "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20",
	  "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20" },
	{ "a value without a key stays one", "local-lvm:vm-100-disk-0,size=32G",
	  "local-lvm:vm-100-disk-0,size=32G" },
	{ "a value may hold an equals sign",
	  "uuid=1,serial=YT1i=", "uuid=1,serial=YT1i=" },
	{ "empty parts are skipped", ",a=1,, ,b=2,", "a=1,b=2" },
	{ "nothing is nothing", "", "" },
	{ "an empty value stays", "a=,b=1", "a=,b=1" },
	{ "a value without a key may begin with an equals sign", "=b,a=1", "=b,a=1" },
};

static void reads_and_prints(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct props props;

	props_read(&props, arena, row->text);
	assert_string_equal(props_print(&props, arena), row->printed);
	arena_destroy(arena);
}

static void gets(void **state)
{
	struct arena *arena = arena_create();
	struct props props;

	(void)state;
	props_read(&props, arena, "host,flags=+aes;-pcid,hidden=1");
	assert_string_equal(props_get(&props, ""), "host");
	assert_string_equal(props_get(&props, "flags"), "+aes;-pcid");
	assert_null(props_get(&props, "hid"));
	props_read(&props, arena, "");
	assert_null(props_get(&props, ""));
	arena_destroy(arena);
}

static const struct set_row {
	const char *name, *key, *value, *printed;
} set_rows[] = {
	{ "a known key keeps its place", "bridge", "vmbr1",
	  "virtio=BC:24:11:5E:01:7A,bridge=vmbr1,tag=20" },
	{ "a new key goes to the end", "mtu", "1400",
	  "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20,mtu=1400" },
	{ "NULL drops a key", "bridge", NULL, "virtio=BC:24:11:5E:01:7A,tag=20" },
	{ "the last one too", "tag", NULL, "virtio=BC:24:11:5E:01:7A,bridge=vmbr0" },
	{ "dropping what is not there changes nothing", "mtu", NULL,
	  "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20" },
	{ "a value without a key is set under the empty one", "", "x",
	  "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20,x" },
};

static void sets(void **state)
{
	const struct set_row *row = *state;
	struct arena *arena = arena_create();
	struct props props;

	props_read(&props, arena, "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20");
	props_set(&props, arena, row->key, row->value);
	assert_string_equal(props_print(&props, arena), row->printed);
	arena_destroy(arena);
}

static const struct size_row {
	const char *name, *text;
	unsigned long mib;
} size_rows[] = {
	{ "gigabytes", "32G", 32768 },
	{ "megabytes", "4M", 4 },
	{ "terabytes", "2T", 2097152 },
	{ "kilobytes round up", "1025K", 2 },
	{ "bytes", "1048576", 1 },
	{ "one byte more is one more", "1048577", 2 },
	{ "a fraction", "1.5G", 1536 },
	{ "a fraction rounds up", "2.0001M", 3 },
	{ "the long unit", "3GiB", 3072 },
	{ "nothing is no size", "0", 0 },
	{ "no digits is no size", "G", 0 },
	{ "a dot without digits is no size", "1.G", 0 },
	{ "another unit is no size", "3X", 0 },
	{ "a sign is no size", "-3G", 0 },
	{ "what follows the unit is no size", "3GG", 0 },
	{ "a word is no size", "none", 0 },
	{ "empty is no size", "", 0 },
	{ "more digits than any disk has are no size", "999999999999999999999", 0 },
	{ "more than can be counted is no size", "99999999999999999999T", 0 },
};

static void reads_sizes(void **state)
{
	const struct size_row *row = *state;

	assert_int_equal(size_mib(row->text), row->mib);
}

int main(void)
{
	add_rows(reads_and_prints, rows);
	add_test("a key is found by its whole name", gets);
	add_rows(sets, set_rows);
	add_rows(reads_sizes, size_rows);
	return run_all_tests("props");
}
