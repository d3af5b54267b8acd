#include "base/http.h"

#include "base/arena.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADERS_MAX = 64 * 1024,
	/* the servers of Proxmox close a connection that was idle for 5 s */
	KEEP_SECONDS = 3,
	FINGERPRINT_TEXT = 3 * 32,
};

struct http_client {
	const struct http_config *config;
	CURLM *multi;
	uv_timer_t timer;
	struct curl_slist *headers;
	char seen[FINGERPRINT_TEXT]; /* the last certificate that was refused */
};

/* A request under way. */
struct http_work {
	struct http *http;
	struct http_client *client;
	const struct http_request *request;
	CURL *easy;
	bool sent;         /* it may have left: from here on nobody knows */
	const char *limit; /* that the answer went beyond, or NULL */
	size_t headers, cap;
	struct curl_slist *own_headers; /* the client's and the request's; or NULL */
	char said[CURL_ERROR_SIZE];
};

/* A socket that libcurl wants watched. */
struct watch {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t fd;
};

static void http_end(struct http_work *work, CURLcode code);

/* ---- libcurl's sockets and its clock, on the loop ---- */

/* Requests that are over leave libcurl; who waits for them resumes on a later turn. */
static void collect(struct http_client *client)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		CURLcode code = message->data.result;
		char *work = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &work);
		http_end((struct http_work *)(void *)work, code);
	}
}

static void timed_out(uv_timer_t *timer)
{
	struct http_client *client = timer->data;
	int running;

	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(client);
}

/* Only a timer is started here, also for "now": libcurl must not be entered from within.
 */
static int set_timer(CURLM *multi, long ms, void *data)
{
	struct http_client *client = data;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(&client->timer);
	else
		uv_timer_start(&client->timer, timed_out, (uint64_t)ms, 0);
	return 0;
}

static void watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	const struct watch *watch = poll->data;
	struct http_client *client = watch->client;
	int flags = 0, running;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	/* the watch may be closed by this call: it is not touched afterwards */
	curl_multi_socket_action(client->multi, watch->fd, flags, &running);
	collect(client);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
	struct http_client *client = data;
	struct watch *watch = known;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch) {
			curl_multi_assign(client->multi, fd, NULL);
			uv_poll_stop(&watch->poll);
			uv_close((uv_handle_t *)&watch->poll, watch_closed);
		}
		return 0;
	}
	if (!watch) {
		watch = xcalloc(1, sizeof(*watch));
		watch->client = client;
		watch->fd = fd;
		if (uv_poll_init_socket(op_loop(), &watch->poll, fd) < 0) {
			free(watch);
			return -1;
		}
		watch->poll.data = watch;
		curl_multi_assign(client->multi, fd, watch);
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	uv_poll_start(&watch->poll, events, ready);
	return 0;
}

/* ---- the certificate ---- */

static void fingerprint_print(const uint8_t digest[32], char out[FINGERPRINT_TEXT])
{
	for (int i = 0; i < 32; i++)
		snprintf(out + (ptrdiff_t)(3 * i), 4, i < 31 ? "%02X:" : "%02X",
			 digest[i]);
}

/* In place of OpenSSL's own check of the chain: the one certificate, or none. */
static int check_pin(X509_STORE_CTX *store, void *data)
{
	struct http_client *client = data;
	const X509 *certificate = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[EVP_MAX_MD_SIZE] = { 0 };
	unsigned len = 0;

	if (certificate && X509_digest(certificate, EVP_sha256(), digest, &len) &&
	    len == sizeof(client->config->fingerprint) &&
	    CRYPTO_memcmp(digest, client->config->fingerprint, len) == 0) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	fingerprint_print(digest, client->seen);
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static CURLcode install_pin(CURL *easy, void *context, void *client)
{
	(void)easy;
	SSL_CTX_set_cert_verify_callback(context, check_pin, client);
	return CURLE_OK;
}

static void set_trust(CURL *easy, struct http_client *client)
{
	const struct http_config *config = client->config;

	/* with a directory of CAs set, libcurl would not cache the bundle: 20 ms for each
	 * connection instead of 1 */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (config->pinned) {
		/* the peer must be "verified", or the verdict of check_pin is ignored;
		 * a resumed session would not come by it at all */
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, install_pin);
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
	} else if (config->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	} else if (config->ca_pem) {
		struct curl_blob blob = {
			.data = (void *)(uintptr_t)config->ca_pem,
			.len = strlen(config->ca_pem),
			.flags = CURL_BLOB_NOCOPY,
		};

		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	}
}

/* ---- one request ---- */

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's */
static int about_to_send(void *data, char *to, char *from, int to_port, int from_port)
{
	struct http_work *work = data;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	work->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* "HTTP/1.1 500 unable to create VM 100\r\n" */
static void read_status_line(struct http *http, const char *line, size_t len)
{
	size_t skip = 0, spaces = 0;

	while (skip < len && spaces < 2)
		spaces += line[skip++] == ' ';
	line += skip;
	len -= skip;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (len >= sizeof(http->reason))
		len = sizeof(http->reason) - 1;
	memcpy(http->reason, line, len);
	http->reason[len] = '\0';
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
	struct http_work *work = data;
	size_t len = size * count;

	work->headers += len;
	if (work->headers > HEADERS_MAX) {
		work->limit = "its headers are too long";
		return 0;
	}
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
		read_status_line(work->http, line, len);
	return len;
}

/* Bytes count as they are after unpacking: a small answer may unpack to a big one. */
static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct http_work *work = data;
	struct http *http = work->http;
	size_t len = size * count;

	if (len > work->request->body_max - http->len) {
		work->limit = "its answer is too long";
		return 0;
	}
	if (http->len + len + 1 > work->cap) {
		while (http->len + len + 1 > work->cap)
			work->cap = work->cap ? work->cap * 2 : 4096;
		http->body = xrealloc(http->body, work->cap);
	}
	memcpy(http->body + http->len, bytes, len);
	http->len += len;
	http->body[http->len] = '\0';
	return len;
}

static void set_method(CURL *easy, const struct http_request *request)
{
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(request->body));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->once) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	} else {
		curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)KEEP_SECONDS);
	}
}

static void set_limits(CURL *easy, const struct http_request *request)
{
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)request->stall_s);
	/* a name server that is dead must not stop the loop */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static void set_protocol(CURL *easy, const struct http_config *config)
{
	const char *socket_path = config->socket_path;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
			 socket_path     ? "http"
			 : config->plain ? "http,https"
					 : "https");
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "vm7/" VM7_VERSION);
}

static void set_callbacks(CURL *easy, struct http_work *work)
{
	curl_easy_setopt(easy, CURLOPT_PRIVATE, work);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, work->said);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, about_to_send);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, work);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, work);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, work);
}

/* libcurl's verdict in our words. */
static void judge(struct http_work *work, CURLcode code)
{
	struct error *err = &work->http->op.err;
	const char *said = *work->said ? work->said : curl_easy_strerror(code);

	if (code == CURLE_OK)
		return;
	if (work->sent) {
		error_set(err, ERROR_UNKNOWN, "%s", work->limit ? work->limit : said);
		return;
	}
	switch ((int)code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		if (*work->client->seen)
			error_set(err, ERROR_DENIED,
				  "its certificate is another one than "
				  "`fingerprint` says: it has %s",
				  work->client->seen);
		else
			error_set(err, ERROR_DENIED, "its certificate is not trusted: %s",
				  said);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		error_set(err, ERROR_INVALID, "the CA certificates cannot be used: %s",
			  said);
		break;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		error_set(err, ERROR_INVALID, "not an https address: %s", said);
		break;
	default:
		error_set(err, ERROR_TEMPORARY, "%s", said);
	}
}

static void wipe_headers(struct curl_slist *headers)
{
	for (struct curl_slist *one = headers; one; one = one->next)
		OPENSSL_cleanse(one->data, strlen(one->data));
	curl_slist_free_all(headers);
}

static void let_go(struct http_work *work)
{
	work->http->work = NULL;
	if (work->easy) {
		curl_multi_remove_handle(work->client->multi, work->easy);
		curl_easy_cleanup(work->easy);
	}
	wipe_headers(work->own_headers);
	free(work);
}

static void http_end(struct http_work *work, CURLcode code)
{
	struct http *http = work->http;

	judge(work, code);
	if (code == CURLE_OK) {
		curl_easy_getinfo(work->easy, CURLINFO_RESPONSE_CODE, &http->status);
		if (!http->body)
			http->body = xcalloc(1, 1);
	}
	let_go(work);
	op_finish(&http->op);
}

static void set_headers(struct http_work *work)
{
	struct curl_slist *headers = work->client->headers;

	if (work->request->headers) {
		for (struct curl_slist *one = headers; one; one = one->next)
			work->own_headers =
				curl_slist_append(work->own_headers, one->data);
		for (size_t i = 0; work->request->headers[i]; i++)
			work->own_headers = curl_slist_append(work->own_headers,
							      work->request->headers[i]);
		headers = work->own_headers;
	}
	curl_easy_setopt(work->easy, CURLOPT_HTTPHEADER, headers);
}

void http_start(struct http *http, struct http_client *client,
		const struct http_request *request, void (*resume)(void *flow),
		void *flow)
{
	struct http_work *work = xcalloc(1, sizeof(*work));

	*http = (struct http){ .work = work };
	op_begin(&http->op, resume, flow);
	work->http = http;
	work->client = client;
	work->request = request;
	client->seen[0] = '\0';
	work->easy = curl_easy_init();
	if (!work->easy)
		abort(); /* out of memory */
	set_method(work->easy, request);
	set_limits(work->easy, request);
	set_protocol(work->easy, client->config);
	set_trust(work->easy, client);
	set_callbacks(work->easy, work);
	set_headers(work);
	if (curl_multi_add_handle(client->multi, work->easy) != CURLM_OK)
		http_end(work, CURLE_FAILED_INIT);
}

void http_cancel(struct http *http)
{
	if (!http->work)
		return;
	let_go(http->work);
	error_set(&http->op.err, ERROR_CANCELED, "interrupted");
	op_finish(&http->op);
}

void http_finish(struct http *http)
{
	free(http->body);
	http->body = NULL;
	http->len = 0;
}

/* ---- a client ---- */

static void add_header(struct http_client *client, const char *name, const char *value)
{
	size_t len = strlen(name) + strlen(value) + 3;
	char *line = xcalloc(len, 1);

	snprintf(line, len, "%s: %s", name, value);
	client->headers = curl_slist_append(client->headers, line);
	OPENSSL_cleanse(line, len);
	free(line);
}

struct http_client *http_client_create(const struct http_config *config)
{
	struct http_client *client = xcalloc(1, sizeof(*client));

	/* told not to touch signals, libcurl leaves this one to us: a server that hangs up
	 * while we send must not end the program */
	signal(SIGPIPE, SIG_IGN);
	/* Never undone: with CURLOPT_QUICK_EXIT a resolver's thread may outlive its
	 * request, and libcurl must not be pulled away from under it. */
	curl_global_init(CURL_GLOBAL_DEFAULT);
	client->config = config;
	client->multi = curl_multi_init();
	if (!client->multi)
		abort(); /* out of memory */
	uv_timer_init(op_loop(), &client->timer);
	client->timer.data = client;
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	/* libcurl's default would wait 1 s for a "100 Continue" that nobody sends */
	client->headers = curl_slist_append(NULL, "Expect:");
	add_header(client, "Accept", "application/json");
	if (config->authorization)
		add_header(client, "Authorization", config->authorization);
	return client;
}

static void client_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void http_client_destroy(struct http_client *client)
{
	if (!client)
		return;
	curl_multi_cleanup(client->multi);
	wipe_headers(client->headers);
	uv_timer_stop(&client->timer);
	uv_close((uv_handle_t *)&client->timer, client_closed);
}
