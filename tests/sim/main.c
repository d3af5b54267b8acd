/* vm7-sim: a Proxmox VE cluster to rehearse with. */
#include "base/arena.h"
#include "base/own.h"
#include "cert.h"
#include "props.h"
#include "rights.h"
#include "server.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

OWN_DEFINE(json, json_t *, json_decref);
OWN_DEFINE(tls, SSL_CTX *, SSL_CTX_free);
OWN_DEFINE(world, struct world *, world_destroy);

static const char usage[] =
	"vm7-sim [OPTION]...: a simulated Proxmox VE cluster\n"
	"\n"
	"  --listen HOST:PORT  where to listen (127.0.0.1:0: any free port)\n"
	"  --pve 8|9           the version it plays (9)\n"
	"  --world FILE        JSON of the cluster to start with, instead of the default "
	"one\n"
	"  --save FILE         keep the world in this file, and start from it when it is "
	"there\n"
	"  --schema FILE       dump of Proxmox's methods: parameters are held against it "
	"too, and what\n"
	"                      Proxmox could do and the simulator cannot is refused as "
	"`not simulated`\n"
	"  --faults FILE       what shall go wrong; read again when it changes or on "
	"SIGHUP\n"
	"  --random-faults RATE\n"
	"                      strike so many of the requests (0.05: one in twenty) by "
	"chance, "
	"from\n"
	"                      --seed; what was drawn is in the log as rows of a fault "
	"file\n"
	"  --log FILE          a line of JSON for each request\n"
	"  --speed N           run its clock N times as fast (1)\n"
	"  --seed N            for every random choice, the tokens' secrets too (1)\n"
	"  --cert FILE         certificate chain in PEM, with --key; else one is made\n"
	"  --key FILE          its key\n"
	"  --print-world       print the default world and end\n"
	"  --help              this text\n"
	"\n"
	"Ready, it prints one line of JSON: url, fingerprint, username, token_name,\n"
	"token_secret, and by name the secrets of all tokens and the passwords of "
	"users.\n"
	"\n"
	"How to write a world, a fault file, or make a world of your own cluster:\n"
	"docs/rehearse.md\n";

struct options {
	char host[64];
	int port;
	unsigned pve;
	const char *world, *save, *schema, *faults, *log, *cert, *key;
	double speed, random;
	unsigned long long seed;
	bool print_world, pve_given;
};

enum option_id {
	OPT_LISTEN = 1,
	OPT_PVE,
	OPT_WORLD,
	OPT_SAVE,
	OPT_SCHEMA,
	OPT_FAULTS,
	OPT_RANDOM_FAULTS,
	OPT_LOG,
	OPT_SPEED,
	OPT_SEED,
	OPT_CERT,
	OPT_KEY,
	OPT_PRINT_WORLD,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "pve", required_argument, NULL, OPT_PVE },
	{ "world", required_argument, NULL, OPT_WORLD },
	{ "save", required_argument, NULL, OPT_SAVE },
	{ "schema", required_argument, NULL, OPT_SCHEMA },
	{ "faults", required_argument, NULL, OPT_FAULTS },
	{ "random-faults", required_argument, NULL, OPT_RANDOM_FAULTS },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "print-world", no_argument, NULL, OPT_PRINT_WORLD },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool read_address(struct options *o, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len;

	if (!colon)
		return false;
	len = (size_t)(colon - text);
	if (len > 1 && text[0] == '[' && text[len - 1] == ']') { /* [::1]:8006 */
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(o->host))
		return false;
	memcpy(o->host, text, len);
	o->host[len] = '\0';
	o->port = atoi(colon + 1);
	return o->port >= 0 && o->port < 65536;
}

static bool read_option(struct options *o, int option, const char *value)
{
	switch ((enum option_id)option) {
	case OPT_LISTEN:
		return read_address(o, value);
	case OPT_PVE:
		o->pve = (unsigned)atoi(value);
		o->pve_given = true;
		return o->pve == 8 || o->pve == 9;
	case OPT_WORLD:
		o->world = value;
		return true;
	case OPT_SAVE:
		o->save = value;
		return true;
	case OPT_SCHEMA:
		o->schema = value;
		return true;
	case OPT_FAULTS:
		o->faults = value;
		return true;
	case OPT_RANDOM_FAULTS:
		o->random = strtod(value, NULL);
		return o->random > 0 && o->random <= 1;
	case OPT_LOG:
		o->log = value;
		return true;
	case OPT_SPEED:
		o->speed = strtod(value, NULL);
		return o->speed > 0 && o->speed <= 100000;
	case OPT_SEED:
		o->seed = strtoull(value, NULL, 10);
		return true;
	case OPT_CERT:
		o->cert = value;
		return true;
	case OPT_KEY:
		o->key = value;
		return true;
	case OPT_PRINT_WORLD:
		o->print_world = true;
		return true;
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	}
	return false;
}

static bool read_options(struct options *o, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (option == '?' || !read_option(o, option, optarg))
			return false;
	return optind == argc && !o->cert == !o->key;
}

static double real_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A world by hand or of a real cluster need not tell the version, nor who may log in. */
static void complete(json_t *json, const struct options *o, bool fresh)
{
	own(json) json_t *usual = NULL;

	if (!json_object_get(json, "pve") || (o->pve_given && fresh))
		json_object_set_new(json, "pve", json_integer(o->pve));
	if (json_object_get(json, "access"))
		return;
	usual = world_default(o->pve, o->seed, real_time());
	json_object_set(json, "access", json_object_get(usual, "access"));
}

/* What was saved goes before what the command line asks for. */
static json_t *read_world(const struct options *o, struct error *err)
{
	const char *path = o->save && access(o->save, R_OK) == 0 ? o->save : o->world;
	json_error_t where;
	json_t *json;

	if (!path)
		return world_default(o->pve, o->seed, real_time());
	json = json_load_file(path, 0, &where);
	if (!json)
		error_set(err, ERROR_INVALID, "%s:%d: %s", path, where.line, where.text);
	else
		complete(json, o, path == o->world);
	return json;
}

static bool read_schema(const struct options *o, struct world *world, struct error *err)
{
	json_error_t where;

	if (!o->schema)
		return true;
	world->schema = json_load_file(o->schema, 0, &where);
	if (!world->schema)
		return error_set(err, ERROR_INVALID, "%s:%d: %s", o->schema, where.line,
				 where.text);
	return json_object_get(world->schema, "paths") ||
	       error_set(err, ERROR_INVALID, "%s: no \"paths\"", o->schema);
}

static SSL_CTX *make_tls(const struct options *o, const struct world *world,
			 struct error *err)
{
	return o->cert ? cert_load(o->cert, o->key, err) : cert_of_world(world, err);
}

/* All tokens and passwords; the first token of vm7@pve is the one to use. */
static void print_ready(const struct options *o, const struct world *world, int port)
{
	json_t *users = json_object_get(world->access, "users"), *user, *token;
	json_t *tokens = json_object(), *passwords = json_object(), *line;
	const char *userid, *name;
	char url[120];

	snprintf(url, sizeof(url),
		 strchr(o->host, ':') ? "https://[%s]:%d" : "https://%s:%d", o->host,
		 port);
	line = json_pack("{s:s, s:s}", "url", url, "fingerprint", world->fingerprint);
	json_object_foreach (users, userid, user)
		if (json_object_get(user, "password"))
			json_object_set(passwords, userid,
					json_object_get(user, "password"));
	json_object_foreach (users, userid, user)
		json_object_foreach (json_object_get(user, "tokens"), name, token) {
			char full[300];

			snprintf(full, sizeof(full), "%s!%s", userid, name);
			json_object_set(tokens, full, json_object_get(token, "secret"));
			if (json_object_get(line, "username") &&
			    strcmp(userid, "vm7@pve") != 0)
				continue;
			props_set(line, "username", userid);
			props_set(line, "token_name", name);
			json_object_set(line, "token_secret",
					json_object_get(token, "secret"));
		}
	json_object_set_new(line, "tokens", tokens);
	json_object_set_new(line, "passwords", passwords);
	json_dumpf(line, stdout, 0);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

struct signals {
	uv_signal_t term, interrupt, hangup;
	struct server *server;
};

static void on_end(uv_signal_t *signal, int number)
{
	struct signals *signals = signal->data;

	(void)number;
	server_stop(signals->server);
	uv_close((uv_handle_t *)&signals->term, NULL);
	uv_close((uv_handle_t *)&signals->interrupt, NULL);
	uv_close((uv_handle_t *)&signals->hangup, NULL);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	struct signals *signals = signal->data;
	struct error err = { 0 };

	(void)number;
	if (!server_read_faults(signals->server, &err))
		fprintf(stderr, "vm7-sim: %s\n", err.text);
}

static void catch_signals(uv_loop_t *loop, struct signals *signals)
{
	uv_signal_init(loop, &signals->term);
	uv_signal_init(loop, &signals->interrupt);
	uv_signal_init(loop, &signals->hangup);
	signals->term.data = signals->interrupt.data = signals->hangup.data = signals;
	uv_signal_start(&signals->term, on_end, SIGTERM);
	uv_signal_start(&signals->interrupt, on_end, SIGINT);
	uv_signal_start(&signals->hangup, on_hangup, SIGHUP);
}

/* The seed goes first into the log, so that it tells how to have the same again. */
static json_t *random_faults(const struct options *o, FILE *log)
{
	json_t *random;

	if (o->random <= 0)
		return NULL;
	random = json_pack("{s:I, s:f}", "seed", (json_int_t)o->seed, "rate", o->random);
	if (log)
		fprintf(log, "{\"random\":{\"seed\":%llu,\"rate\":%g}}\n", o->seed,
			o->random);
	return random;
}

static int serve(const struct options *o, struct world *world, SSL_CTX *tls, FILE *log,
		 struct error *err)
{
	own(json) json_t *random = random_faults(o, log);
	uv_loop_t *loop = uv_default_loop();
	struct server *server =
		server_create(&(struct server_options){ .loop = loop,
							.world = world,
							.tls = tls,
							.speed = o->speed,
							.faults = o->faults,
							.random = random,
							.save = o->save,
							.log = log });
	struct signals signals = { .server = server };
	bool ok = server_read_faults(server, err) &&
		  server_listen(server, o->host, o->port, err) &&
		  server_save(server, err);

	catch_signals(loop, &signals);
	if (ok)
		print_ready(o, world, server_port(server));
	else
		on_end(&signals.term, SIGTERM);
	uv_run(loop, UV_RUN_DEFAULT);
	server_destroy(server);
	uv_loop_close(loop);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options o = { .host = "127.0.0.1", .pve = 9, .speed = 1, .seed = 1 };
	own(json) json_t *json = NULL;
	own(world) struct world *world = NULL;
	own(tls) SSL_CTX *tls = NULL;
	own(file) FILE *log = NULL;
	char fingerprint[FINGERPRINT_LEN + 1];
	struct error err = { 0 };

	if (!read_options(&o, argc, argv)) {
		fputs(usage, stderr);
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	if (o.print_world) {
		json = world_default(o.pve, o.seed, real_time());
		json_dumpf(json, stdout, JSON_INDENT(1));
		putchar('\n');
		return 0;
	}
	json = read_world(&o, &err);
	world = json ? world_create(json, o.seed, real_time(), &err) : NULL;
	if (world && read_schema(&o, world, &err))
		tls = make_tls(&o, world, &err);
	if (tls && o.log && !(log = fopen(o.log, "a"))) {
		error_set(&err, ERROR_LOCAL, "%s: cannot write", o.log);
	} else if (tls) {
		cert_fingerprint(tls, fingerprint);
		world->fingerprint = xstrdup(fingerprint);
		if (serve(&o, world, tls, log, &err) == 0)
			return 0;
	}
	fprintf(stderr, "vm7-sim: %s\n", err.text);
	return 1;
}
