/* /events: server-sent events that say no more than "look again". */
#include "controller/door_inside.h"

#include <poll.h>
#include <string.h>

static void wake(struct visitor *visitor)
{
	if (!visitor->suspended)
		return;
	visitor->suspended = false;
	MHD_resume_connection(visitor->connection);
	/* without a thread of its own libmicrohttpd does not wake itself for this */
	door_turn_soon(visitor->hall);
}

static ssize_t say(char *buffer, size_t max, const char *line)
{
	size_t len = strlen(line);

	if (len > max)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(buffer, line, len);
	return (ssize_t)len;
}

/* Called whenever the last line has left; the connection sleeps until there is another.
 */
static ssize_t next_line(void *cls, uint64_t at, char *buffer, size_t max)
{
	struct visitor *visitor = cls;

	(void)at;
	visitor->since = uv_now(op_loop());
	if (visitor->over || visitor->door->closing)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (visitor->changed) {
		visitor->changed = visitor->alive = false;
		return say(buffer, max, "event: changed\ndata:\n\n");
	}
	if (visitor->alive) {
		visitor->alive = false;
		return say(buffer, max, ":\n\n");
	}
	visitor->suspended = true;
	MHD_suspend_connection(visitor->connection);
	return 0;
}

enum MHD_Result door_listen(struct visitor *visitor, struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	enum MHD_Result well;

	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, next_line,
						     visitor, NULL);
	if (!response)
		return MHD_NO;
	door_dress(response, "text/event-stream");
	visitor->doing = VISITOR_LISTENS;
	visitor->since = uv_now(op_loop());
	visitor->changed = true;
	/* the connection may have listened before */
	visitor->over = visitor->alive = visitor->suspended = false;
	visitor->door->listeners++;
	well = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return well;
}

/* While it sleeps, its daemon does not see that the other side has hung up. */
static bool has_hung_up(const struct visitor *visitor)
{
	struct pollfd end = { .fd = visitor->fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0;
}

void door_listener_sweep(struct visitor *visitor, uint64_t now)
{
	if (visitor->suspended && has_hung_up(visitor)) {
		door_listener_end(visitor);
		return;
	}
	if (!visitor->suspended || now - visitor->since < ALIVE_MS)
		return;
	visitor->alive = true;
	wake(visitor);
}

void door_listener_end(struct visitor *visitor)
{
	if (visitor->over)
		return;
	visitor->over = true;
	visitor->door->listeners--; /* its place is free from now on */
	wake(visitor);
}

static void calmed(uv_timer_t *timer)
{
	struct door *door = timer->data;

	door->calming = false;
	if (!door->changed_again)
		return;
	door->changed_again = false;
	door_changed(door);
}

/* The first change is told at once, those that follow it closely together. */
void door_changed(struct door *door)
{
	if (!door)
		return;
	door_forget(door, false);
	if (door->calming) {
		door->changed_again = true;
		return;
	}
	if (door->listeners == 0)
		return;
	for (struct visitor *visitor = door->visitors; visitor; visitor = visitor->next) {
		if (visitor->doing != VISITOR_LISTENS)
			continue;
		visitor->changed = true;
		wake(visitor);
	}
	door->calming = true;
	uv_timer_start(&door->calm, calmed, CALM_MS, 0);
}
