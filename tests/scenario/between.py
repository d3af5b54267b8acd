"""A proxy between vm7 and the cluster that sees each request before and after it is done.

The cluster's own log says what arrived; this one can also stop the world around a request:
look at the repository before a write goes on, kill vm7 before or after it, hold it back.
"""

import http.client
import http.server
import threading
import time
import urllib.parse

from sim import insecure_context


class Seen:
    """One request that passed."""

    def __init__(self, number, method, path, body, headers):
        self.number = number
        self.method = method
        url = urllib.parse.urlsplit(path)
        self.path = url.path.removeprefix("/api2/json")
        text = body.decode(errors="replace") or url.query
        self.params = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        self.headers = headers
        self.started = time.monotonic()
        self.ended = None
        self.status = None

    @property
    def write(self):
        return self.method != "GET"

    def __str__(self):
        return f"{self.method} {self.path} {self.params} -> {self.status}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def _pass(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = owner.arrived(self.command, self.path, body, dict(self.headers))
        if owner.before(seen) is False:
            self.close_connection = True
            return
        status, reason, headers, content = owner.forward(self.command, self.path, body,
                                                         self.headers)
        seen.status = status
        seen.ended = time.monotonic()
        if owner.after(seen) is False:
            self.close_connection = True
            return
        self.send_response_only(status, reason)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if status >= 400:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        request.settimeout(60)
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request, client_address):
        pass  # killed clients hang up


class Between:
    """Looks like the simulator it stands before: url, fingerprint, token.

    `before(seen)` and `after(seen)` may be replaced; returning False cuts the connection
    there, before the cluster heard of the request or after it has done it.
    """

    def __init__(self, sim, authority):
        self.sim = sim
        self.target = sim.address
        self.username = sim.username
        self.token_name = sim.token_name
        self.secret = sim.secret
        self.lock = threading.Lock()
        self.requests = []
        self.before = lambda seen: True
        self.after = lambda seen: True
        context, self.fingerprint = authority.server_context()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.context = context
        self.server.owner = self
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __getattr__(self, name):
        return getattr(self.sim, name)

    def arrived(self, method, path, body, headers):
        with self.lock:
            seen = Seen(len(self.requests) + 1, method, path, body, headers)
            self.requests.append(seen)
        return seen

    def forward(self, method, path, body, headers):
        link = http.client.HTTPSConnection(self.target, context=insecure_context(), timeout=60)
        try:
            kept = {name: value for name, value in headers.items()
                    if name.lower() not in ("connection", "accept-encoding")}
            link.request(method, path, body or None, kept)
            answer = link.getresponse()
            return answer.status, answer.reason, answer.getheaders(), answer.read()
        finally:
            link.close()

    def writes_seen(self):
        return [seen for seen in self.requests if seen.write]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
