#include "controller/door_inside.h"

#include "base/log.h"
#include "base/own.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	AT_ONCE = 32, /* connections taken on one turn of the loop */
	SWEEP_MS = 5000,
	ASKING_MS = 20000,  /* for a whole request, and for the next one */
	GETTING_MS = 60000, /* for the answer to be taken */
	MEMORY_OF_ONE = 24 * 1024,
	COMPLAINT_MS = 10000,
	NO_LIMIT = 1000000, /* libmicrohttpd's own: it locks up when it is reached */
};

/* ---- visitors ---- */

static void leave(struct visitor *visitor)
{
	if (visitor->leaving)
		return;
	visitor->leaving = true;
	shutdown(visitor->fd, SHUT_RDWR);
	if (visitor->doing == VISITOR_LISTENS)
		door_listener_end(visitor);
}

static bool kept_us_longer(const struct visitor *a, const struct visitor *b)
{
	if (!b || a->doing != b->doing)
		return !b || a->doing < b->doing;
	return a->since <= b->since;
}

/* Who asks goes before who gets, who gets before who listens; the longest of them. */
static struct visitor *who_should_go(struct door *door, const struct in6_addr *from)
{
	struct visitor *out = NULL;

	for (struct visitor *v = door->visitors; v; v = v->next)
		if (!v->leaving && kept_us_longer(v, out) &&
		    (!from || memcmp(&v->from, from, sizeof(*from)) == 0))
			out = v;
	return out;
}

static void make_room(struct door *door, const struct in6_addr *from)
{
	struct visitor *one = NULL;
	size_t of_one = 0, staying = 0;

	for (const struct visitor *v = door->visitors; v; v = v->next) {
		if (v->leaving)
			continue;
		staying++;
		of_one += memcmp(&v->from, from, sizeof(*from)) == 0;
	}
	if (of_one >= VISITORS_OF_ONE)
		one = who_should_go(door, from);
	else if (staying >= VISITORS_MAX)
		one = who_should_go(door, NULL);
	if (one)
		leave(one);
}

static void open_entrance(struct entrance *entrance);

static void swept(uv_timer_t *timer)
{
	struct door *door = timer->data;
	uint64_t now = uv_now(op_loop());

	for (struct visitor *v = door->visitors; v; v = v->next) {
		uint64_t since = now - v->since;

		if (v->doing == VISITOR_LISTENS)
			door_listener_sweep(v, now);
		if ((v->doing == VISITOR_ASKS && since > ASKING_MS) ||
		    (v->doing == VISITOR_GETS && since > GETTING_MS) ||
		    (v->doing == VISITOR_LISTENS && !v->suspended && since > GETTING_MS))
			leave(v);
	}
	for (size_t i = 0; i < door->entrances_len; i++)
		if (door->entrances[i].resting)
			open_entrance(&door->entrances[i]);
	if (door->visitors)
		return;
	uv_timer_stop(timer);
	door_forget(door, true); /* nobody asks: the memory is for others */
}

/* libmicrohttpd tells that a connection begins, and that it is closed. */
static void noticed(void *cls, struct MHD_Connection *connection, void **context,
		    enum MHD_ConnectionNotificationCode what)
{
	struct hall *hall = cls;
	struct door *door = hall->door;
	struct visitor *visitor = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		door->arriving->connection = connection;
		*context = door->arriving;
		return;
	}
	for (struct visitor **at = &door->visitors; *at; at = &(*at)->next)
		if (*at == visitor) {
			*at = visitor->next;
			break;
		}
	free(visitor);
	*context = NULL;
}

/* ---- the daemon's descriptors and its clock, on the loop ---- */

static void hall_timed_out(uv_timer_t *timer);

static void hall_turn(struct hall *hall)
{
	MHD_UNSIGNED_LONG_LONG ms;

	hall->soon = false;
	MHD_run(hall->daemon);
	if (hall->soon)
		uv_timer_start(&hall->timer, hall_timed_out, 0, 0);
	else if (MHD_get_timeout(hall->daemon, &ms) == MHD_YES)
		uv_timer_start(&hall->timer, hall_timed_out, ms, 0);
	else
		uv_timer_stop(&hall->timer);
}

static void hall_timed_out(uv_timer_t *timer)
{
	hall_turn(timer->data);
}

void door_turn_soon(struct hall *hall)
{
	hall->soon = true;
	uv_timer_start(&hall->timer, hall_timed_out, 0, 0);
}

static void hall_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	hall_turn(poll->data);
}

/* Every connection that it cannot serve is worth a line to it. */
__attribute__((format(printf, 2, 0))) static void complain(void *cls, const char *format,
							   va_list args)
{
	struct door *door = cls;
	uint64_t now = uv_now(op_loop());
	char line[300];

	if (!log_wants(LOG_DEBUG) ||
	    (door->complained && now - door->complained < COMPLAINT_MS))
		return;
	door->complained = now ? now : 1;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("door", "%s", line);
}

/* Paths are compared as they come. */
static size_t unescape_nothing(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

/* `cert` and `key` are PEM, or both NULL. False: they cannot be used. */
static bool hall_open(struct hall *hall, struct door *door, const char *cert,
		      const char *key)
{
	const struct MHD_OptionItem with_tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1" },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };

	hall->door = door;
	hall->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG | (cert ? MHD_USE_TLS : 0U),
		0, NULL, NULL, door_serve, hall, MHD_OPTION_EXTERNAL_LOGGER, complain,
		door, MHD_OPTION_ARRAY, cert ? with_tls : plain,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)NO_LIMIT,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_ONE,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, noticed, hall, MHD_OPTION_NOTIFY_COMPLETED,
		door_served, hall, MHD_OPTION_END);
	if (!hall->daemon)
		return false;
	uv_timer_init(op_loop(), &hall->timer);
	uv_poll_init(
		op_loop(), &hall->poll,
		MHD_get_daemon_info(hall->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	hall->timer.data = hall->poll.data = hall;
	door->handles += 2;
	uv_poll_start(&hall->poll, UV_READABLE, hall_ready);
	return true;
}

/* ---- entrances ---- */

/* The address that counts against the limit: IPv4 as IPv6 writes it. */
static struct in6_addr address_of(const struct sockaddr_storage *from)
{
	struct in6_addr out = { 0 };

	if (from->ss_family == AF_INET6)
		return ((const struct sockaddr_in6 *)from)->sin6_addr;
	if (from->ss_family == AF_INET) {
		out.s6_addr[10] = out.s6_addr[11] = 0xff;
		memcpy(&out.s6_addr[12], &((const struct sockaddr_in *)from)->sin_addr,
		       4);
	}
	return out;
}

static bool is_welcome(int fd)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void take_visitor(struct entrance *entrance, int fd,
			 const struct sockaddr_storage *from, socklen_t len)
{
	struct door *door = entrance->door;
	struct visitor *visitor = xcalloc(1, sizeof(*visitor));

	visitor->door = door;
	visitor->hall = entrance->hall;
	visitor->fd = fd;
	visitor->parts = entrance->parts;
	visitor->from = address_of(from);
	visitor->since = uv_now(op_loop());
	make_room(door, &visitor->from);
	visitor->next = door->visitors;
	door->visitors = visitor;
	door->arriving = visitor;
	/* that failed: it has closed the socket, and `noticed` has seen nothing of it */
	if (MHD_add_connection(entrance->hall->daemon, fd, (const struct sockaddr *)from,
			       len) != MHD_YES &&
	    door->visitors == visitor) {
		door->visitors = visitor->next;
		free(visitor);
	}
	if (!uv_is_active((uv_handle_t *)&door->sweep))
		uv_timer_start(&door->sweep, swept, SWEEP_MS, SWEEP_MS);
}

static void knocked(uv_poll_t *poll, int status, int events)
{
	struct entrance *entrance = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof(from);
		int fd = accept4(entrance->fd, (struct sockaddr *)&from, &len,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
		    errno != ENOBUFS)
			break; /* nobody more, or gone again */
		if (fd < 0) {  /* or it would be asked without end */
			struct door *door = entrance->door;

			uv_poll_stop(&entrance->poll);
			entrance->resting = true;
			uv_timer_start(&door->sweep, swept, SWEEP_MS, SWEEP_MS);
			break;
		}
		if (entrance->is_unix && !is_welcome(fd))
			close(fd);
		else
			take_visitor(entrance, fd, &from, len);
	}
	hall_turn(entrance->hall);
}

static void open_entrance(struct entrance *entrance)
{
	entrance->resting = false;
	uv_poll_start(&entrance->poll, UV_READABLE, knocked);
}

static void add_entrance(struct door *door, struct hall *hall, int fd, unsigned parts,
			 bool is_unix)
{
	struct entrance *entrance = &door->entrances[door->entrances_len++];

	entrance->door = door;
	entrance->hall = hall;
	entrance->fd = fd;
	entrance->parts = parts;
	entrance->is_unix = is_unix;
	uv_poll_init(op_loop(), &entrance->poll, fd);
	entrance->poll.data = entrance;
	door->handles++;
	open_entrance(entrance);
}

/* A socket that a dead process left behind is removed, anything else is not. */
static bool make_way(const char *path, const struct sockaddr_un *at, struct error *err)
{
	own(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ||
		       error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_LOCAL, "%s is there and is no socket", path);
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno == EAGAIN)
		return error_set(err, ERROR_BUSY, "another controller listens on %s",
				 path);
	if (errno != ECONNREFUSED || unlink(path) < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	return true;
}

/* A socket of ours alone that listens there; -1: errno says why not. */
static int listening_at(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	bool well = fd >= 0 && bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 &&
		    listen(fd, AT_ONCE) == 0;
	int why = errno;

	umask(mask);
	if (well || fd < 0)
		return fd;
	close(fd);
	errno = why;
	return -1;
}

static bool open_unix(struct door *door, const char *path, struct error *err)
{
	const unsigned parts = 1U << DOOR_API | 1U << DOOR_RECONCILE |
			       1U << DOOR_HEALTHZ | 1U << DOOR_READYZ |
			       1U << DOOR_METRICS;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(at.sun_path))
		return error_set(err, ERROR_LOCAL, "%s: too long for a socket", path);
	memcpy(at.sun_path, path, len);
	if (!make_way(path, &at, err))
		return false;
	fd = listening_at(&at);
	if (fd < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	door->socket_path = arena_strdup(door->arena, path);
	add_entrance(door, &door->halls[0], fd, parts, true);
	return true;
}

/* The hall for what listens there: a certificate has one of its own. */
static struct hall *hall_for(struct door *door, const struct listen *here,
			     struct error *err)
{
	struct arena *arena = arena_create();
	struct hall *hall = &door->halls[door->halls_len];
	const char *cert = NULL, *key = NULL;

	if (!host_file(&here->cert, "cert", arena, &cert, err) ||
	    !host_key(&here->key, "key", arena, &key, err)) {
		hall = NULL;
	} else if (!hall_open(hall, door, cert, key)) {
		error_set(err, ERROR_INVALID,
			  "%s and %s cannot be used: expected a certificate and its key, "
			  "PEM, without a password",
			  here->cert.value, here->key.value);
		hall = NULL;
	} else {
		door->halls_len++;
	}
	if (key)
		explicit_bzero((char *)(uintptr_t)key, strlen(key));
	arena_destroy(arena);
	return hall;
}

static bool open_listen(struct door *door, const struct listen *here, struct error *err)
{
	bool tls = is_set(&here->cert.is);
	struct hall *hall = tls ? hall_for(door, here, err) : &door->halls[0];
	char name[LISTEN_TEXT];
	int fd;

	if (!hall || !listen_open(here, &fd, err))
		return false;
	listen_print(here, fd, name);
	log_notice("door", "open at %s", name);
	if (!tls && !listen_is_local(here))
		log_warning("door",
			    "%s is not encrypted, and not only for this machine: give "
			    "it `tls`, or put a proxy before it",
			    name);
	add_entrance(door, hall, fd, here->parts, false);
	return true;
}

/* ---- the door ---- */

static bool open_all(struct door *door, const struct host *host, const char *socket_path,
		     struct error *err)
{
	struct arena *arena = door->arena;

	door->entrances = arena_array(arena, struct entrance, host->listen_len + 1);
	door->halls = arena_array(arena, struct hall, host->listen_len + 1);
	if (!hall_open(&door->halls[door->halls_len++], door, NULL, NULL)) {
		door->halls_len--;
		return error_set(err, ERROR_LOCAL, "libmicrohttpd does not start");
	}
	if (host->webhook.name && !host_secret(host, arena, host->webhook.name,
					       USE_WEBHOOK, &door->webhook, err))
		return error_wrap(err, "webhook");
	if (door->webhook.value)
		secret_hide(&door->webhook);
	if (socket_path && !open_unix(door, socket_path, err))
		return false;
	for (size_t i = 0; i < host->listen_len; i++)
		if (!open_listen(door, &host->listen[i], err))
			return false;
	return true;
}

bool door_open(struct door **out, const struct host *host, const char *socket_path,
	       const struct door_owner *owner, struct error *err)
{
	struct arena *arena = arena_create();
	struct door *door = arena_new(arena, struct door);

	door->arena = arena;
	door->owner = *owner;
	if (owner->branch)
		door->owner.branch = arena_strdup(arena, owner->branch);
	door->tokens = 1e9; /* as many as there may be */
	door->tokens_at = uv_now(op_loop());
	uv_timer_init(op_loop(), &door->sweep);
	uv_timer_init(op_loop(), &door->calm);
	uv_timer_init(op_loop(), &door->later);
	door->sweep.data = door->calm.data = door->later.data = door;
	door->handles = 3;
	if (!open_all(door, host, socket_path, err)) {
		door_close(door);
		return false;
	}
	*out = door;
	return true;
}

static void closed(uv_handle_t *handle)
{
	struct door *door = handle->data;

	if (--door->handles == 0)
		arena_destroy(door->arena);
}

static void close_handle(struct door *door, uv_handle_t *handle)
{
	handle->data = door;
	uv_close(handle, closed);
}

void door_close(struct door *door)
{
	if (!door)
		return;
	door->closing = true;
	if (door->socket_path)
		unlink(door->socket_path);
	for (size_t i = 0; i < door->entrances_len; i++) {
		close_handle(door, (uv_handle_t *)&door->entrances[i].poll);
		close(door->entrances[i].fd);
	}
	for (struct visitor *v = door->visitors; v; v = v->next)
		if (v->doing == VISITOR_LISTENS)
			door_listener_end(v);
	for (size_t i = 0; i < door->halls_len; i++) {
		struct hall *hall = &door->halls[i];

		close_handle(door, (uv_handle_t *)&hall->poll);
		close_handle(door, (uv_handle_t *)&hall->timer);
		MHD_run(hall->daemon); /* who listened hears the end */
		MHD_stop_daemon(hall->daemon);
	}
	door_forget(door, true);
	secret_finish(&door->webhook);
	close_handle(door, (uv_handle_t *)&door->sweep);
	close_handle(door, (uv_handle_t *)&door->calm);
	close_handle(door, (uv_handle_t *)&door->later);
}
