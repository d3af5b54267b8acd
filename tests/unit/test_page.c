#include "base/text.h"
#include "controller/page.h"
#include "controller/page/markup.h"
#include "tests/lib/test.h"

/* A controller at rest with one guest. Single quotes stand for double ones. */
static const char calm[] =
	"{'schema':1,'version':'0.1.0','now':'2026-11-21T09:30:00Z',"
	"'controller':{'since':'2026-11-21T08:00:00Z','state':'idle'},"
	"'as_desired':true,'summary':'1 guest, everything as desired',"
	"'repository':{'name':'https://git.example/infra.git','branch':'main',"
	"'reachable':true,'error':null,'looked_at':'2026-11-21T09:29:42Z',"
	"'tip':'3f2a9c1b5d7e','applied':'3f2a9c1b5d7e',"
	"'applied_at':'2026-11-21T09:21:00Z','rejected':null},"
	"'cluster':{'name':'lab','endpoint':'https://pve:8006','reachable':true,"
	"'error':null,'quorate':true,"
	"'nodes':[{'name':'pve01','online':true,'maintenance':false}]},"
	"'doing':[],'pass':null,"
	"'next':{'at':'2026-11-21T09:30:42Z','what':'poll','why':'every 60 s'},"
	"'passes':[],'guests':[{'name':'web-01','type':'vm','state':'ready',"
	"'health':'ok','power':'running','vmid':10000,'node':'pve01',"
	"'addresses':['192.168.10.50'],'commit':'3f2a9c1b5d7e',"
	"'since':'2026-11-19T09:30:00Z','says':null,'command':null,'step':null,"
	"'failing_since':null}],"
	"'waits':[],'orphans':[],'pools':[],'expiries':[]}";

#define EVIL "<script>alert(1)</script>"

static json_t *read_quoted(const char *text)
{
	json_error_t err;
	json_t *json;
	char *copy = strdup(text);

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	json = json_loads(copy, 0, &err);
	if (!json)
		print_error("%s: %s\n", copy, err.text);
	assert_non_null(json);
	free(copy);
	return json;
}

static bool is_void(const char *name)
{
	static const char *const names[] = { "meta", "link", "input" };

	return str_in(name, names, 3);
}

/* Where an attribute's value ends; NULL when it does not, or has in it what it may not. */
static const char *skip_value(const char *at)
{
	if (*at == '"') {
		at += 1 + strcspn(at + 1, "\"<>");
		return *at == '"' ? at + 1 : NULL;
	}
	return at + strcspn(at, " >");
}

/* Past a tag that begins here; its name is put in `name`, and whether it stands alone. */
static const char *skip_tag(const char *at, char name[16], bool *alone)
{
	size_t len = strcspn(at, " >/");

	if (len == 0 || len > 15)
		return NULL;
	memcpy(name, at, len);
	name[len] = '\0';
	for (at += len, *alone = is_void(name); at && *at && *at != '>';)
		if (*at == '/' && at[1] == '>') {
			*alone = true;
			at++;
		} else if (*at == '=')
			at = skip_value(at + 1);
		else if (strchr("\"'<&", *at))
			return NULL;
		else
			at++;
	return at && *at == '>' ? at + 1 : NULL;
}

static bool is_entity(const char *at)
{
	return str_starts(at, "&amp;") || str_starts(at, "&lt;") ||
	       str_starts(at, "&gt;") || str_starts(at, "&quot;") ||
	       str_starts(at, "&#39;");
}

/* Is every tag closed, in order, and every & the begin of an entity of ours? */
static void assert_well_formed(const char *html)
{
	char open[64][16];
	size_t depth = 0;
	const char *at = html;

	assert_true(str_starts(html, "<!doctype html>"));
	for (at += strlen("<!doctype html>"); at && *(at += strcspn(at, "<&"));) {
		const char *tag = at + 1;
		bool ends = *tag == '/', alone = false;
		char name[16] = "";

		if (*at == '&') {
			assert_true(is_entity(at++));
			continue;
		}
		at = skip_tag(tag + ends, name, &alone);
		if (!at)
			fail_msg("not a tag: %.60s", tag);
		assert_true(ends ? depth > 0 : depth < 64);
		if (ends)
			assert_string_equal(name, open[--depth]);
		else if (!alone)
			memcpy(open[depth++], name, sizeof(name));
	}
	assert_int_equal(depth, 0);
}

static const struct row {
	const char *name;
	const char *change; /* what is other than in `calm` */
	const char *has, *lacks;
} rows[] = {
	{ "all is well", NULL, "<h1 id=summary>", "class=alerts" },
	{ "the summary is the headline and the title", NULL,
	  "<title>1 guest, everything as desired \xc2\xb7 lab</title>", NULL },
	{ "a page in which all is well is good", NULL, "<body class=good ", NULL },
	{ "without a script it is renewed by itself", NULL,
	  "<noscript><meta http-equiv=refresh content=30></noscript>", NULL },
	{ "what is applied, and since when", NULL,
	  "3f2a9c1b</code> <time datetime=\"2026-11-21T09:21:00Z\" title=\"2026-11-21 "
	  "09:21:00 UTC\">9 min ago</time>",
	  NULL },
	{ "when it looks again", NULL,
	  "<dt>Next look</dt><dd><time class=until datetime=\"2026-11-21T09:30:42Z\" "
	  "title=\"2026-11-21 09:30:42 UTC\">in 42 s</time></dd>",
	  NULL },
	{ "when it tries again, and why",
	  "{'next':{'at':'2026-11-21T09:32:00Z','what':'retry','why':'it failed'}}",
	  ">in 2 min</time> <span class=why><bdi>it failed</bdi></span></dd>", NULL },
	{ "what should have come already comes now",
	  "{'next':{'at':'2026-11-21T09:29:00Z','what':'poll','why':null}}",
	  ">now</time></dd>", NULL },
	{ "no box to filter a handful of guests", NULL, "<tbody id=rows>", "id=filter" },
	{ "a guest that is ready and runs says no more", NULL, "</svg>ok</span></td>",
	  NULL },
	{ "a pass that runs",
	  "{'pass':{'cause':'a new commit','of':8,'done':3,"
	  "'began':'2026-11-21T09:29:20Z'}}",
	  "max=8 value=3></progress>", "Nothing is being done" },
	{ "a pass that does not know yet how much there is",
	  "{'pass':{'cause':'a new commit','began':null,'of':0,'done':0}}",
	  "<progress aria-label=\"This pass\"></progress>", NULL },
	{ "what is done to a guest, and the task",
	  "{'doing':[{'guest':'web-01','step':'is being cloned','upid':'UPID:pve01:1:',"
	  "'since':'2026-11-21T09:29:20Z'}]}",
	  "UPID:pve01:1:", "Nothing is being done" },
	{ "what waits for a person, with its command",
	  "{'waits':[{'guest':'web-01','why':'is protected','command':'vm7 release "
	  "web-01','since':null}]}",
	  "<code>vm7 release web-01</code>", "Nothing waits" },
	{ "and then the page is no good one",
	  "{'waits':[{'guest':null,'why':'w','command':null,'since':null}]}",
	  "<body class=wait ", NULL },
	{ "a wait without a command has no box for one",
	  "{'waits':[{'guest':null,'why':'the guard','command':null,'since':null}]}",
	  "the guard", "class=command" },
	{ "a guest of ours that no lease knows",
	  "{'orphans':[{'vmid':312,'name':'old','node':'pve02','command':'vm7 adopt "
	  "312'}]}",
	  "<code>vm7 adopt 312</code>", "Nothing waits" },
	{ "for whom a person has to find a place",
	  "{'orphans':[{'vmid':312,'name':'old','node':'pve02','command':null}]}",
	  "<body class=wait ", NULL },
	{ "a commit with mistakes, each with its place",
	  "{'repository':{'tip':'bad','rejected':{'commit':'bad','why':'2 mistakes',"
	  "'mistakes':['vm7.yaml:12:10: cpu: 0 is less than 1']}}}",
	  "<code>vm7.yaml:12:10: cpu: 0 is less than 1</code>", "<body class=good " },
	{ "and what is in force instead",
	  "{'repository':{'rejected':{'commit':'bad','why':'w','mistakes':[]}}}",
	  "<code class=commit>3f2a9c1b</code> stays in force.", NULL },
	{ "a repository that does not answer",
	  "{'repository':{'reachable':false,'error':'connection refused'}}",
	  "<strong>The repository does not answer.</strong></p><div><bdi>connection "
	  "refused</bdi>",
	  NULL },
	{ "a cluster that does not", "{'cluster':{'reachable':false,'error':'timeout'}}",
	  "Proxmox does not answer.", "<body class=good " },
	{ "a cluster that was not asked yet is no bad one",
	  "{'cluster':{'reachable':null}}", "not asked yet", "Proxmox does not answer." },
	{ "a cluster without a majority", "{'cluster':{'quorate':false}}",
	  "The cluster is not quorate.", "<body class=good " },
	{ "a node that is offline",
	  "{'cluster':{'nodes':[{'name':'pve09','online':false,'maintenance':false}]}}",
	  "</svg>offline</span> <bdi>pve09</bdi>", NULL },
	{ "a node that is being worked on",
	  "{'cluster':{'nodes':[{'name':'pve09','online':true,'maintenance':true}]}}",
	  "</svg>maintenance</span> <bdi>pve09</bdi>", NULL },
	{ "a guest that failed makes it bad",
	  "{'guests':[{'name':'a','health':'failed','says':'TASK ERROR: full',"
	  "'failing_since':'2026-11-21T06:30:00Z'}]}",
	  "<body class=bad ", NULL },
	{ "in Proxmox's words, and since when",
	  "{'guests':[{'name':'a','health':'failed','says':'TASK ERROR: full',"
	  "'failing_since':'2026-11-21T06:30:00Z'}]}",
	  "<bdi>TASK ERROR: full</bdi> <span class=failing>first failed <time", NULL },
	{ "failing guests stand first",
	  "{'guests':[{'name':'a','health':'ok'},{'name':'b','health':'ok'},"
	  "{'name':'z','health':'failed'}]}",
	  "<tbody id=rows>\n<tr data-key=\"z\" class=bad>", NULL },
	{ "the others by name",
	  "{'guests':[{'name':'b','health':'ok'},{'name':'a','health':'working'}]}",
	  "<tbody id=rows>\n<tr data-key=\"a\" class=busy>", NULL },
	{ "how many there are of each",
	  "{'guests':[{'name':'b','health':'ok'},{'name':'a','health':'ok'}]}",
	  "</svg>2 ok</span>", NULL },
	{ "a health that it does not know is unknown",
	  "{'guests':[{'name':'b','health':'" EVIL "'}]}", "</svg>unknown</span>", EVIL },
	{ "a released guest that is off",
	  "{'guests':[{'name':'b','health':'held','state':'released',"
	  "'power':'stopped'}]}",
	  "<small>released, stopped</small>", NULL },
	{ "a guest that is nothing but a name", "{'guests':[{'name':'b'}]}",
	  "<td class=vmid></td>", NULL },
	{ "nine guests can be filtered",
	  "{'guests':[{'name':'1'},{'name':'2'},{'name':'3'},{'name':'4'},{'name':'5'},"
	  "{'name':'6'},{'name':'7'},{'name':'8'},{'name':'9'}]}",
	  "<input type=search id=filter", NULL },
	{ "no guests at all", "{'guests':[]}", "There are none.", "<table" },
	{ "the numbers of a pool, in words and beside the picture",
	  "{'pools':[{'name':'mgmt','cidr':'10.0.0.0/24','size':4,'used':2,'resting':1,"
	  "'free':1,'runs':[{'state':'used','first':'10.0.0.1','count':2},"
	  "{'state':'resting','first':'10.0.0.3','count':1},"
	  "{'state':'free','first':'10.0.0.4','count':1}]}]}",
	  "role=img aria-label=\"2 of 4 used, 1 resting, 1 free\" viewBox=\"0 0 320 10\"",
	  NULL },
	{ "an address is a cell of its own",
	  "{'pools':[{'name':'m','runs':[{'state':'free','first':'10.0.0.1','count':32},"
	  "{'state':'used','first':'10.0.0.33','count':2}]}]}",
	  "<path class=used d=\"M0 10m1 1h8v8h-8zM10 10m1 1h8v8h-8z\"/>", NULL },
	{ "a range ends with its last address",
	  "{'pools':[{'name':'m','runs':[{'state':'used','first':'10.0.0.250',"
	  "'count':10}]}]}",
	  "<td>10.0.0.250</td><td>10.0.1.3</td><td>10</td>", NULL },
	{ "many addresses are a bar",
	  "{'pools':[{'name':'m','runs':[{'state':'used','first':'10.0.0.0','count':"
	  "30000},{'state':'free','first':'10.1.0.0','count':10000}]}]}",
	  "<rect class=used x=0.00 y=0 width=750.00 height=20 />", "class=cells" },
	{ "a pool of nothing has no picture", "{'pools':[{'name':'m','runs':[]}]}",
	  "<h3><bdi>m</bdi></h3>", "role=img" },
	{ "counts that cannot be are no cells",
	  "{'pools':[{'name':'m','runs':[{'state':'used','first':'x','count':-5}]}]}",
	  "<h3><bdi>m</bdi></h3>", "role=img" },
	{ "a pass with its commit, cause and author",
	  "{'passes':[{'n':41,'cause':'a new commit','commit':'abcdef0123456789',"
	  "'subject':'Two more','author':'Ada','began':'2026-11-21T09:26:00Z',"
	  "'seconds':1.25,'result':'ok','exit':0,'error':null,'requests':12,'writes':3,"
	  "'actions':[{'guest':'web-01','verb':'create','ok':true,'error':null}]}]}",
	  "<code class=commit>abcdef01</code> <span class=subject><bdi>Two more</bdi>"
	  "</span> <small><bdi>a new commit</bdi>, <bdi>Ada</bdi>, 1 action</small>",
	  "There was none yet" },
	{ "and what went wrong in it",
	  "{'passes':[{'n':41,'result':'partial','error':'some failed','actions':["
	  "{'guest':'web-01','verb':'start','ok':false,'error':'no disk'}]}]}",
	  "</svg>failed</span> <span><bdi>start</bdi> <strong><bdi>web-01</bdi></strong> "
	  "<bdi>no disk</bdi>",
	  NULL },
	{ "a token that soon comes to an end",
	  "{'expiries':[{'what':'token','at':'2026-12-01T00:00:00Z'}]}",
	  "</svg>soon</span>", NULL },
	{ "one that has", "{'expiries':[{'what':'token','at':'2026-11-01T00:00:00Z'}]}",
	  "</svg>expired</span>", NULL },
	{ "one that lasts", "{'expiries':[{'what':'token','at':'2027-11-01T00:00:00Z'}]}",
	  "</svg>good</span>", NULL },
	{ "a long reason is cut, and whole when opened",
	  "{'waits':[{'guest':null,'command':null,'since':null,'why':"
	  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
	  "'}]}",
	  "aab</bdi></details>", NULL },
	{ "a time that is none is left out", "{'waits':[{'why':'w','since':'" EVIL "'}]}",
	  "<bdi>w</bdi></div></li>", EVIL },
	{ "a text that turns directions around is marked",
	  "{'summary':'a\xe2\x80\xae"
	  "b'}",
	  "<bdi>a???b</bdi>", "\xe2\x80\xae" },
};

static json_t *document(const char *change)
{
	json_t *status = read_quoted(calm);

	if (change) {
		json_t *with = read_quoted(change);

		assert_int_equal(json_object_update_recursive(status, with), 0);
		json_decref(with);
	}
	return status;
}

static void shows(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	json_t *status = document(row->change);
	const char *html = page_html(arena, status);

	assert_well_formed(html);
	if (!strstr(html, row->has))
		fail_msg("lacks %s:\n%s", row->has, html);
	if (row->lacks && strstr(html, row->lacks))
		fail_msg("has %s:\n%s", row->lacks, html);
	json_decref(status);
	arena_destroy(arena);
}

/* Every text of the document, and every number and truth, is this one. */
static void put_everywhere(json_t *value, json_t *instead)
{
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, member)
	{
		if (json_is_object(member) || json_is_array(member))
			put_everywhere(member, instead);
		else
			json_object_set(value, key, instead);
	}
	json_array_foreach (value, i, member) {
		if (json_is_object(member) || json_is_array(member))
			put_everywhere(member, instead);
		else
			json_array_set(value, i, instead);
	}
}

static const char all[] =
	"{'repository':{'rejected':{'commit':'a','why':'b','mistakes':['c']}},"
	"'pass':{'cause':'c','began':null,'done':1,'of':2},"
	"'doing':[{'guest':'a','step':'b','since':null,'upid':'c'}],"
	"'waits':[{'guest':'a','why':'b','command':'c','since':null}],"
	"'orphans':[{'vmid':1,'name':'a','node':'b','command':'c'}],"
	"'passes':[{'n':1,'cause':'c','subject':'s','author':'a','result':'ok',"
	"'actions':[{'guest':'g','verb':'v','ok':true,'error':'e'}]}],"
	"'pools':[{'name':'p','cidr':'c','size':3,'used':1,'resting':1,'free':1,"
	"'runs':[{'state':'used','first':'f','count':3}]}],"
	"'expiries':[{'what':'w','at':'a'}]}";

static const struct hostile_row {
	const char *name, *word;
} hostile_rows[] = {
	{ "a script stays text", EVIL },
	{ "a quote ends no attribute", "\" onload=alert(1) x=\"" },
	{ "nor does another", "' onload=alert(1) x='" },
	{ "an entity is none", "&lt;script&gt;&amp;" },
	{ "a comment is none", "<!--" },
	{ "a closed tag closes nothing", "</td></table></main>" },
	{ "a text that is empty", "" },
	{ "control characters", "\x01\x1b[31m\n\t\x7f" },
	{ "marks of direction", "\xe2\x80\xae\xe2\x81\xa6\xd7\xa9\xd7\x9c" },
};

static void is_escaped(void **state)
{
	const struct hostile_row *row = *state;
	struct arena *arena = arena_create();
	json_t *status = document(all), *word = json_string(row->word);
	const char *html;

	assert_non_null(word);
	put_everywhere(status, word);
	html = page_html(arena, status);
	assert_well_formed(html);
	assert_null(strstr(html, "onload=alert(1) x=\""));
	if (*row->word)
		assert_null(strstr(html, row->word));
	json_decref(word);
	json_decref(status);
	arena_destroy(arena);
}

static void anything_is_shown(void **state)
{
	struct arena *arena = arena_create();
	json_t *values[] = { json_null(),     json_true(),   json_integer(-1),
			     json_array(),    json_object(), json_integer(INT64_MAX),
			     json_real(1e300) };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_t *status = document(all);

		put_everywhere(status, values[i]);
		assert_well_formed(page_html(arena, status));
		json_decref(status);
		assert_well_formed(page_html(arena, values[i]));
		json_decref(values[i]);
	}
	arena_destroy(arena);
}

static void begins_without_a_document(void **state)
{
	struct arena *arena = arena_create();
	const char *html = page_html(arena, NULL);

	(void)state;
	assert_well_formed(html);
	assert_non_null(strstr(html, "Starting: nothing is known yet"));
	arena_destroy(arena);
}

static void long_words_are_cut(void **state)
{
	struct arena *arena = arena_create();
	json_t *status = document(NULL);
	char *word = calloc(1, 5001);

	(void)state;
	memset(word, 'x', 5000);
	json_object_set_new(status, "summary", json_string(word));
	word[1001] = '\0';
	assert_null(strstr(page_html(arena, status), word));
	word[997] = '\0';
	assert_non_null(strstr(page_html(arena, status), word));
	free(word);
	json_decref(status);
	arena_destroy(arena);
}

static const struct time_row {
	const char *name;
	int64_t seconds;
	const char *words;
} time_rows[] = {
	{ "this very moment", 0, "now" },
	{ "a moment ago", -4, "just now" },
	{ "seconds ago", -5, "5 s ago" },
	{ "a minute and a half is still seconds", -89, "89 s ago" },
	{ "minutes ago", -90, "2 min ago" },
	{ "an hour is minutes", 3600, "in 60 min" },
	{ "hours", 5400, "in 2 h" },
	{ "a day and a half is days", -129600, "2 days ago" },
	{ "a year", 31536000, "in 365 days" },
};

static void tells_the_time(void **state)
{
	const struct time_row *row = *state;
	struct arena *arena = arena_create();

	assert_string_equal(page_relative(arena, row->seconds), row->words);
	arena_destroy(arena);
}

/* What the policy of the page forbids must not be in it. */
static void has_no_style_or_script_inline(void **state)
{
	struct arena *arena = arena_create();
	json_t *status = document(all);
	const char *html = page_html(arena, status);

	(void)state;
	assert_null(strstr(html, " style="));
	assert_null(strstr(html, "<style"));
	assert_null(strstr(html, " onclick="));
	assert_non_null(strstr(html, "<script src=\"page.js\" defer></script>"));
	assert_null(strstr(strstr(html, "<script") + 1, "<script"));
	assert_non_null(strstr(page_style(), "prefers-color-scheme: dark"));
	assert_null(strstr(page_style(), "url("));
	assert_non_null(strstr(page_script(), "new EventSource('events')"));
	assert_true(str_starts(page_icon(), "<svg "));
	json_decref(status);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(shows, rows);
	add_rows(is_escaped, hostile_rows);
	add_test("whatever a document holds makes a page", anything_is_shown);
	add_test("there is a page before there is a document", begins_without_a_document);
	add_test("a word without an end is cut", long_words_are_cut);
	add_rows(tells_the_time, time_rows);
	add_test("style and script are files", has_no_style_or_script_inline);
	return run_all_tests("page");
}
