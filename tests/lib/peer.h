/*
 * An HTTPS server for tests, on 127.0.0.1: it does to a client what a script says, byte
 * by byte, also what no decent server does.
 */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEER_REQUESTS = 400, PEER_TEXT = 8192, PEER_THREADS = 400 };

/* What came in, and what goes out. */
struct peer_talk {
	char method[16], target[1024], headers[4096], body[PEER_TEXT];
	unsigned nth;           /* request of the peer, from 1 */
	unsigned on_connection; /* request of its connection, from 1 */
	/* the answer: */
	const char *raw;  /* bytes as they are; NULL: none at all */
	size_t raw_len;   /* 0: strlen(raw) */
	bool close;       /* the connection, afterwards */
	unsigned wait_ms; /* beforehand; a client that hangs up is not waited for */
	char made[PEER_TEXT + 1024]; /* room for an answer made for the occasion */
};

struct peer {
	void (*answer)(struct peer_talk *talk, void *data);
	void *data;
	SSL_CTX *tls;
	int listener;
	uint16_t port;
	char url[64];
	char pem[4096];
	uint8_t fingerprint[32];
	pthread_t accepting, threads[PEER_THREADS];
	size_t threads_len;
	pthread_mutex_t lock;
	bool stopping;
	unsigned requests, connections, in_flight, most_in_flight;
	char *seen[PEER_REQUESTS]; /* "POST /x a=b" */
};

struct peer_connection {
	struct peer *peer;
	int fd;
};

/* ---- answers ---- */

static inline void peer_says(struct peer_talk *talk, const char *status, const char *type,
			     const char *body)
{
	snprintf(talk->made, sizeof(talk->made),
		 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		 status, type, strlen(body), body);
	talk->raw = talk->made;
}

static inline void peer_says_json(struct peer_talk *talk, const char *status,
				  const char *body)
{
	peer_says(talk, status, "application/json;charset=UTF-8", body);
}

/* ---- one connection ---- */

static inline bool peer_read_head(SSL *ssl, char *head, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		if (SSL_read(ssl, head + len, 1) != 1)
			return false;
		head[++len] = '\0';
		if (len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static inline bool peer_read(SSL *ssl, struct peer_talk *talk)
{
	char head[8192];
	const char *length, *end;
	size_t want = 0, len = 0;

	if (!peer_read_head(ssl, head, sizeof(head)) ||
	    sscanf(head, "%15s %1023s", talk->method, talk->target) != 2)
		return false;
	end = strstr(head, "\r\n");
	snprintf(talk->headers, sizeof(talk->headers), "%s", end ? end : "");
	length = strcasestr(head, "\r\nContent-Length:");
	if (length)
		want = strtoul(length + 17, NULL, 10);
	if (want >= sizeof(talk->body))
		return false;
	while (len < want) {
		int got = SSL_read(ssl, talk->body + len, (int)(want - len));

		if (got <= 0)
			return false;
		len += (size_t)got;
	}
	talk->body[len] = '\0';
	return true;
}

static inline void peer_note(struct peer *peer, struct peer_talk *talk)
{
	char line[PEER_TEXT * 2];

	pthread_mutex_lock(&peer->lock);
	snprintf(line, sizeof(line), "%s %s%s%s", talk->method, talk->target,
		 *talk->body ? " " : "", talk->body);
	if (peer->requests < PEER_REQUESTS)
		peer->seen[peer->requests] = strdup(line);
	talk->nth = ++peer->requests;
	if (++peer->in_flight > peer->most_in_flight)
		peer->most_in_flight = peer->in_flight;
	pthread_mutex_unlock(&peer->lock);
}

static inline bool peer_talk_once(struct peer *peer, SSL *ssl, unsigned nth)
{
	struct peer_talk *talk = calloc(1, sizeof(*talk));
	struct pollfd hung_up = { .fd = SSL_get_fd(ssl), .events = POLLIN };
	bool go_on = false;

	if (talk && peer_read(ssl, talk)) {
		talk->on_connection = nth;
		peer_note(peer, talk);
		peer->answer(talk, peer->data);
		if (talk->wait_ms > 0)
			poll(&hung_up, 1, (int)talk->wait_ms);
		pthread_mutex_lock(&peer->lock);
		peer->in_flight--;
		pthread_mutex_unlock(&peer->lock);
		go_on = talk->raw && !talk->close;
		if (talk->raw)
			go_on &= SSL_write(ssl, talk->raw,
					   (int)(talk->raw_len ? talk->raw_len
							       : strlen(talk->raw))) > 0;
	}
	free(talk);
	return go_on;
}

static inline void *peer_serve(void *data)
{
	struct peer_connection *connection = data;
	struct peer *peer = connection->peer;
	SSL *ssl = SSL_new(peer->tls);
	unsigned nth = 1;

	SSL_set_fd(ssl, connection->fd);
	if (SSL_accept(ssl) == 1)
		while (peer_talk_once(peer, ssl, nth))
			nth++;
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(connection->fd);
	free(connection);
	return NULL;
}

static inline void *peer_accept(void *data)
{
	struct peer *peer = data;

	for (;;) {
		struct pollfd ready = { .fd = peer->listener, .events = POLLIN };
		struct timeval patience = { .tv_sec = 5 };
		struct peer_connection *connection;
		bool stopping;
		int fd;

		poll(&ready, 1, 20);
		pthread_mutex_lock(&peer->lock);
		stopping = peer->stopping;
		pthread_mutex_unlock(&peer->lock);
		if (stopping)
			return NULL;
		if (!(ready.revents & POLLIN))
			continue;
		fd = accept(peer->listener, NULL, NULL);
		if (fd < 0 || peer->threads_len == PEER_THREADS)
			abort();
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		connection = calloc(1, sizeof(*connection));
		connection->peer = peer;
		connection->fd = fd;
		pthread_mutex_lock(&peer->lock);
		peer->connections++;
		pthread_mutex_unlock(&peer->lock);
		pthread_create(&peer->threads[peer->threads_len++], NULL, peer_serve,
			       connection);
	}
}

/* ---- its certificate ---- */

static inline void peer_certify(struct peer *peer)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	BIO *text = BIO_new(BIO_s_mem());
	unsigned len = 0;
	int got;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"peer", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, names, -1);
	X509_sign(cert, key, EVP_sha256());
	X509_digest(cert, EVP_sha256(), peer->fingerprint, &len);
	PEM_write_bio_X509(text, cert);
	got = BIO_read(text, peer->pem, sizeof(peer->pem) - 1);
	peer->pem[got > 0 ? got : 0] = '\0';
	peer->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(peer->tls, cert);
	SSL_CTX_use_PrivateKey(peer->tls, key);
	BIO_free(text);
	X509_EXTENSION_free(names);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* ---- the peer ---- */

static inline struct peer *peer_start(void (*answer)(struct peer_talk *talk, void *data),
				      void *data)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	peer->answer = answer;
	peer->data = data;
	pthread_mutex_init(&peer->lock, NULL);
	peer_certify(peer);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(peer->listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(peer->listener, 100) < 0 ||
	    getsockname(peer->listener, (struct sockaddr *)&at, &len) < 0)
		abort();
	peer->port = ntohs(at.sin_port);
	snprintf(peer->url, sizeof(peer->url), "https://127.0.0.1:%u", peer->port);
	pthread_create(&peer->accepting, NULL, peer_accept, peer);
	return peer;
}

static inline unsigned peer_requests(struct peer *peer)
{
	unsigned count;

	pthread_mutex_lock(&peer->lock);
	count = peer->requests;
	pthread_mutex_unlock(&peer->lock);
	return count;
}

/* The client's connections must be closed by now, or this waits for 5 s. */
static inline void peer_stop(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	peer->stopping = true;
	pthread_mutex_unlock(&peer->lock);
	pthread_join(peer->accepting, NULL);
	for (size_t i = 0; i < peer->threads_len; i++)
		pthread_join(peer->threads[i], NULL);
	for (unsigned i = 0; i < peer->requests && i < PEER_REQUESTS; i++)
		free(peer->seen[i]);
	close(peer->listener);
	SSL_CTX_free(peer->tls);
	pthread_mutex_destroy(&peer->lock);
	free(peer);
}
