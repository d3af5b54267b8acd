"""A server that keeps what is posted to it."""

import http.server
import json
import threading

from gitserver import TlsServer


class Letter:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.path} {self.headers} {self.body}"


class _Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        inbox = self.server.owner
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        inbox.letters.append(Letter(self.path, dict(self.headers), body))
        content = f"seen: {self.path} {self.headers['Authorization']}".encode()
        self.send_response(404 if inbox.refusals > 0 else 200)
        inbox.refusals -= 1
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Inbox:
    """Its next `refusals` answers are 404; all repeat what is secret in the request."""

    def __init__(self, case, tls=True):
        self.letters, self.refusals = [], 0
        self.context = case.authority().server_context()[0] if tls else None
        self.ca_file = str(case.authority().file)
        self.port, self.server = 0, None
        self.start()
        case.addCleanup(self.stop)

    @property
    def url(self):
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"

    def start(self):
        self.server = TlsServer(self.context, _Backend, self, self.port)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
        self.server = None
