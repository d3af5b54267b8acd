#include "server.h"

#include "base/arena.h"
#include "cert.h"
#include "conn.h"
#include "exchange.h"
#include "workers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MS 10

struct server {
	struct server_options options;
	struct stage stage;
	struct workers workers;
	SSL_CTX *tls; /* of new connections */
	uv_tcp_t listener;
	uv_timer_t timer;
	struct conn **conns;
	size_t conn_count;
	double base;        /* world time at */
	uint64_t base_real; /* this uv_hrtime() */
	bool stopping, pumping, again;
};

static double now_of(void *owner)
{
	const struct server *server = owner;
	double real = (double)(uv_hrtime() - server->base_real) / 1e9;

	return server->base + real * server->options.speed;
}

/* --- time --- */

static void pump(struct server *server);

static void on_timer(uv_timer_t *timer)
{
	pump(timer->data);
}

/* Come back when the world or an exchange has something to do. */
static void wait_for_more(struct server *server)
{
	double pause = server->options.speed * WAITING_MS / 1000, at, ms;

	at = server->again ? server->options.world->now
			   : fmin(world_next(server->options.world),
				  stage_next(&server->stage, pause));
	if (!isfinite(at)) {
		uv_timer_stop(&server->timer);
		return;
	}
	ms = ceil((at - now_of(server)) / server->options.speed * 1000);
	uv_timer_start(&server->timer, on_timer, (uint64_t)fmax(ms, 0), 0);
}

static void pump(struct server *server)
{
	/* an answer can let the next request of its connection in: its turn comes by timer */
	if (server->stopping)
		return;
	if (server->pumping) {
		server->again = true;
		return;
	}
	server->pumping = true;
	server->again = false;
	world_advance(server->options.world, now_of(server));
	stage_step(&server->stage);
	save_or_complain(&server->stage.save, server->options.world);
	server->pumping = false;
	wait_for_more(server);
}

/* --- connections --- */

static void on_request(void *owner, struct conn *conn, struct arena *arena,
		       const struct http_request *request)
{
	struct server *server = owner;

	world_advance(server->options.world, now_of(server));
	exchange_add(&server->stage, conn, arena, request);
	pump(server);
}

static void on_conn_closed(void *owner, struct conn *conn)
{
	struct server *server = owner;

	stage_forget(&server->stage, conn);
	for (size_t i = 0; i < server->conn_count; i++)
		if (server->conns[i] == conn) {
			server->conns[i] = server->conns[--server->conn_count];
			return;
		}
}

static const struct conn_events events = { on_request, on_conn_closed, now_of };

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *server = listener->data;
	struct conn *conn;

	if (status < 0)
		return;
	conn = conn_accept(listener, server->tls, workers_accept(&server->workers),
			   &events, server);
	if (!conn)
		return;
	server->conns =
		xrealloc(server->conns, (server->conn_count + 1) * sizeof(struct conn *));
	server->conns[server->conn_count++] = conn;
	fault_file_look(&server->stage.faults);
	if (faults_refuse(&server->stage.faults.faults))
		conn_close(conn);
}

static void close_all(struct server *server)
{
	while (server->conn_count > 0)
		conn_close(server->conns[0]);
}

/* --- what faults do to it --- */

static void restart(void *owner, double seconds)
{
	struct server *server = owner;

	stage_clear(&server->stage);
	close_all(server);
	workers_finish(&server->workers);
	workers_init(&server->workers);
	server->options.world->daemon_back = server->options.world->now + seconds;
}

static void swap_certificate(void *owner)
{
	struct server *server = owner;
	struct world *world = server->options.world;
	char fingerprint[FINGERPRINT_LEN + 1];
	struct error err = { 0 };
	SSL_CTX *fresh = cert_of_world(world, &err);

	if (!fresh)
		return;
	SSL_CTX_free(server->tls);
	server->tls = fresh;
	cert_fingerprint(fresh, fingerprint);
	free(world->fingerprint);
	world->fingerprint = xstrdup(fingerprint);
}

/* --- from start to end --- */

struct server *server_create(const struct server_options *options)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->options = *options;
	server->base = options->world->now;
	server->base_real = uv_hrtime();
	server->tls = options->tls;
	SSL_CTX_up_ref(server->tls);
	server->stage = (struct stage){ .world = options->world,
					.faults.path = options->faults,
					.faults.random = options->random,
					.journal.file = options->log,
					.restart = restart,
					.swap_certificate = swap_certificate,
					.owner = server };
	save_init(&server->stage.save, options->save);
	workers_init(&server->workers);
	uv_tcp_init(options->loop, &server->listener);
	uv_timer_init(options->loop, &server->timer);
	server->listener.data = server->timer.data = server;
	return server;
}

bool server_read_faults(struct server *server, struct error *err)
{
	return fault_file_read(&server->stage.faults, err);
}

bool server_save(struct server *server, struct error *err)
{
	return save_world(&server->stage.save, server->options.world, err);
}

bool server_listen(struct server *server, const char *host, int port, struct error *err)
{
	struct sockaddr_storage address;
	int code = strchr(host, ':')
			   ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address)
			   : uv_ip4_addr(host, port, (struct sockaddr_in *)&address);

	if (code == 0)
		code = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0);
	if (code == 0)
		code = uv_listen((uv_stream_t *)&server->listener, 128, on_connection);
	if (code < 0)
		return error_set(err, ERROR_LOCAL, "%s port %d: %s", host, port,
				 uv_strerror(code));
	pump(server); /* tasks of a saved world go on */
	return true;
}

int server_port(const struct server *server)
{
	struct sockaddr_storage address;
	int len = sizeof(address);

	uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len);
	return ntohs(address.ss_family == AF_INET6
			     ? ((struct sockaddr_in6 *)&address)->sin6_port
			     : ((struct sockaddr_in *)&address)->sin_port);
}

void server_stop(struct server *server)
{
	if (server->stopping)
		return;
	server->stopping = true;
	save_or_complain(&server->stage.save, server->options.world);
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->timer, NULL);
	close_all(server);
}

void server_destroy(struct server *server)
{
	stage_clear(&server->stage);
	faults_finish(&server->stage.faults.faults);
	workers_finish(&server->workers);
	SSL_CTX_free(server->tls);
	free(server->conns);
	free(server);
}
