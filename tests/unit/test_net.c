#include "ipam/net.h"
#include "tests/lib/test.h"

static const struct addr_row {
	const char *name, *text;
	const char *printed; /* NULL: refused */
} addr_rows[] = {
	{ "an IPv4 address", "192.168.10.50", "192.168.10.50" },
	{ "the lowest IPv4 address", "0.0.0.0", "0.0.0.0" },
	{ "the highest IPv4 address", "255.255.255.255", "255.255.255.255" },
	{ "an octet over 255 is refused", "999.1.1.1", NULL },
	{ "three octets are refused", "10.0.0", NULL },
	{ "five octets are refused", "10.0.0.1.2", NULL },
	{ "a leading zero is refused, it might mean octal", "10.0.0.010", NULL },
	{ "a hexadecimal octet is refused", "0x10.0.0.1", NULL },
	{ "a bare number is refused", "167772161", NULL },
	{ "a space in front is refused", " 10.0.0.1", NULL },
	{ "a prefix is refused", "10.0.0.1/24", NULL },
	{ "an empty text is refused", "", NULL },
	{ "a name is refused", "localhost", NULL },
	{ "an IPv6 address", "fd00:10::50", "fd00:10::50" },
	{ "none of IPv6", "::", "::" },
	{ "the loopback address", "::1", "::1" },
	{ "capitals become small", "FD00::AB", "fd00::ab" },
	{ "leading zeros go", "fd00:0001::0010", "fd00:1::10" },
	{ "the longest run of zeros is shortened", "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
	{ "the first of two equal runs is shortened", "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
	{ "one zero group is not shortened", "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
	{ "zeros at the end are shortened", "fd00:0:0:0:0:0:0:0", "fd00::" },
	{ "no dots for what only looks like IPv4", "::102:304", "::102:304" },
	{ "embedded IPv4 is read", "::ffff:1.2.3.4", "::ffff:102:304" },
	{ "the highest IPv6 address", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "a zone is refused", "fe80::1%eth0", NULL },
	{ "two runs of zeros are refused", "1::2::3", NULL },
	{ "nine groups are refused", "1:2:3:4:5:6:7:8:9", NULL },
	{ "five digits in a group are refused", "12345::", NULL },
	{ "brackets are refused", "[::1]", NULL },
};

static void reads_addr(void **state)
{
	const struct addr_row *row = *state;
	struct error err = { 0 };
	char text[ADDR_TEXT];
	struct addr addr;

	if (!row->printed) {
		assert_false(addr_read(&addr, row->text, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_int_equal(addr.family, FAMILY_NONE);
		return;
	}
	assert_true(addr_read(&addr, row->text, &err));
	addr_print(&addr, text);
	assert_string_equal(text, row->printed);
}

static const struct cidr_row {
	const char *name, *text;
	const char *last;  /* address, or */
	const char *error; /* why not */
} cidr_rows[] = {
	{ "an IPv4 network", "10.0.0.0/24", "10.0.0.255", NULL },
	{ "one address", "10.0.0.5/32", "10.0.0.5", NULL },
	{ "all of IPv4", "0.0.0.0/0", "255.255.255.255", NULL },
	{ "an IPv6 network", "fd00::/64", "fd00::ffff:ffff:ffff:ffff", NULL },
	{ "all of IPv6", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
	{ "bits of the host are refused, and the network is named", "10.0.0.5/24", NULL,
	  "'10.0.0.5/24' is a host's address; its network is 10.0.0.0/24" },
	{ "a prefix over 32 is refused", "10.0.0.0/33", NULL,
	  "'10.0.0.0/33': the prefix is a number from 0 to 32" },
	{ "a prefix over 128 is refused", "fe80::/129", NULL,
	  "'fe80::/129': the prefix is a number from 0 to 128" },
	{ "a bad address is refused", "999.1.1.1/24", NULL,
	  "'999.1.1.1/24' does not begin with an IP address" },
	{ "no prefix is refused", "10.0.0.0", NULL,
	  "'10.0.0.0': expected a network like 10.0.0.0/24" },
	{ "an empty prefix is refused", "10.0.0.0/", NULL,
	  "'10.0.0.0/': the prefix is a number from 0 to 32" },
	{ "a mask is refused", "10.0.0.0/255.255.255.0", NULL,
	  "'10.0.0.0/255.255.255.0': the prefix is a number from 0 to 32" },
	{ "a leading zero is refused", "10.0.0.0/024", NULL,
	  "'10.0.0.0/024': the prefix is a number from 0 to 32" },
	{ "a sign is refused", "10.0.0.0/+24", NULL,
	  "'10.0.0.0/+24': the prefix is a number from 0 to 32" },
	{ "control characters do not reach the message", "\x1b[31m/8", NULL,
	  "'?[31m/8' does not begin with an IP address" },
	{ "neither does a text without end",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/8",
	  NULL,
	  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' does not "
	  "begin with an IP address" },
};

static void reads_cidr(void **state)
{
	const struct cidr_row *row = *state;
	struct error err = { 0 };
	char text[CIDR_TEXT];
	struct cidr cidr;
	struct addr last;

	if (row->error) {
		assert_false(cidr_read(&cidr, row->text, &err));
		assert_string_equal(err.text, row->error);
		return;
	}
	assert_true(cidr_read(&cidr, row->text, &err));
	cidr_print(&cidr, text);
	assert_string_equal(text, row->text);
	last = cidr_last(&cidr);
	addr_print(&last, text);
	assert_string_equal(text, row->last);
}

static const struct contains_row {
	const char *name, *cidr, *addr;
	bool inside;
} contains_rows[] = {
	{ "the first address is inside", "10.0.0.0/24", "10.0.0.0", true },
	{ "the last address is inside", "10.0.0.0/24", "10.0.0.255", true },
	{ "the one after it is not", "10.0.0.0/24", "10.0.1.0", false },
	{ "the one before is not", "10.0.1.0/24", "10.0.0.255", false },
	{ "every IPv4 address is in 0.0.0.0/0", "0.0.0.0/0", "255.1.2.3", true },
	{ "no IPv6 address is in an IPv4 network", "0.0.0.0/0", "::1", false },
	{ "no IPv4 address is in an IPv6 network", "::/0", "10.0.0.1", false },
	{ "/32 holds itself", "10.0.0.1/32", "10.0.0.1", true },
	{ "/128 holds nothing else", "fd00::1/128", "fd00::2", false },
};

static void contains(void **state)
{
	const struct contains_row *row = *state;
	struct addr addr, none = { 0 };
	struct error err;
	struct cidr cidr;

	assert_true(cidr_read(&cidr, row->cidr, &err));
	assert_true(addr_read(&addr, row->addr, &err));
	assert_int_equal(cidr_contains(&cidr, &addr), row->inside);
	assert_false(cidr_contains(&cidr, &none));
}

static const struct plus_row {
	const char *name, *from;
	uint64_t n;
	const char *sum; /* NULL: it leaves the family */
} plus_rows[] = {
	{ "over an octet", "10.0.0.255", 1, "10.0.1.0" },
	{ "to the end of IPv4", "255.255.255.254", 1, "255.255.255.255" },
	{ "not beyond it", "255.255.255.255", 1, NULL },
	{ "over 64 bits of IPv6", "fd00::ffff:ffff:ffff:ffff", 1, "fd00:0:0:1::" },
	{ "not beyond IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, NULL },
	{ "nothing", "10.0.0.1", 0, "10.0.0.1" },
};

static void adds(void **state)
{
	const struct plus_row *row = *state;
	struct addr from, sum;
	char text[ADDR_TEXT];
	struct error err;

	assert_true(addr_read(&from, row->from, &err));
	assert_int_equal(addr_plus(&sum, &from, row->n), row->sum != NULL);
	if (!row->sum)
		return;
	addr_print(&sum, text);
	assert_string_equal(text, row->sum);
}

static void sorts(void **state)
{
	static const char *const order[] = {
		"9.0.0.0", "10.0.0.0", "10.0.0.9", "10.0.0.10", "::1", "fd00::", "fd00::1"
	};
	size_t len = sizeof(order) / sizeof(order[0]);
	struct addr a, b, none = { 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < len; j++) {
			int sign = (i > j) - (i < j);

			assert_true(addr_read(&a, order[i], &err));
			assert_true(addr_read(&b, order[j], &err));
			assert_int_equal(addr_compare(&a, &b), sign);
			assert_int_equal(addr_equal(&a, &b), i == j);
			assert_true(addr_compare(&none, &a) < 0);
		}
}

static const struct mac_row {
	const char *name, *text, *printed;
} mac_rows[] = {
	{ "a MAC", "BC:24:11:5E:01:7A", "BC:24:11:5E:01:7A" },
	{ "small letters become capitals", "bc:24:11:5e:01:7a", "BC:24:11:5E:01:7A" },
	{ "one set by hand", "02:00:00:00:00:01", "02:00:00:00:00:01" },
	{ "a multicast MAC is refused", "01:00:5E:00:00:01", NULL },
	{ "so is broadcast", "FF:FF:FF:FF:FF:FF", NULL },
	{ "a prefix is refused", "BC:24:11", NULL },
	{ "hyphens are refused", "BC-24-11-5E-01-7A", NULL },
	{ "a missing digit is refused", "BC:24:11:5E:01:7", NULL },
	{ "another letter is refused", "BC:24:11:5E:01:7G", NULL },
	{ "more is refused", "BC:24:11:5E:01:7A:00", NULL },
	{ "an empty text is refused", "", NULL },
};

static void reads_mac(void **state)
{
	const struct mac_row *row = *state;
	struct error err = { 0 };
	char text[MAC_TEXT];
	uint8_t mac[6];

	assert_int_equal(mac_read(mac, row->text, &err), row->printed != NULL);
	if (!row->printed)
		return;
	mac_print(mac, text);
	assert_string_equal(text, row->printed);
}

int main(void)
{
	add_rows(reads_addr, addr_rows);
	add_rows(reads_cidr, cidr_rows);
	add_rows(contains, contains_rows);
	add_rows(adds, plus_rows);
	add_test("addresses sort by family, then number", sorts);
	add_rows(reads_mac, mac_rows);
	return run_all_tests("net");
}
