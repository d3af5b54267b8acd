"""Servers that do what servers should not."""

import socket
import threading
import time


class Hostile:
    """Accepts connections on loopback and treats each as `serve` says.

    silent:  accepts and never says a word
    trickle: a byte a second, for ever
    html:    an answer that no client asked for
    hangup:  listens once and closes
    """

    def __init__(self, kind, context=None):
        self.serve = getattr(self, "_" + kind)
        self.context = context  # TLS for what comes after accept(), or None
        self.stopping = threading.Event()
        self.seen = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.2)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def url(self, scheme="https", path="/repo.git"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.listener.close()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                peer, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.seen += 1
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, peer):
        with peer:
            try:
                if self.context is not None:
                    peer = self.context.wrap_socket(peer, server_side=True)
                self.serve(peer)
            except OSError:
                pass  # the client gave up, as it should

    def _silent(self, peer):
        self.stopping.wait()

    def _hangup(self, peer):
        peer.recv(65536)

    def _trickle(self, peer):
        peer.recv(65536)
        for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 100000:
            if self.stopping.is_set():
                return
            peer.sendall(bytes([byte]))
            time.sleep(1)

    def _html(self, peer):
        peer.recv(65536)
        page = b"<html><body><h1>It works!</h1></body></html>"
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
                     + str(len(page)).encode() + b"\r\nConnection: close\r\n\r\n" + page)


def closed_port():
    """A port of loopback that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
