"""The sockets of the simulated API: kept alive, closed too early or reset, as a reply says.

Werkzeug's own request handler closes every connection after one answer. Real clients keep theirs,
and tests need to see what happens when a kept one breaks. Knows nothing about imgix.
"""

import contextlib
import io
import os
import socket
import struct
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

# The key in the WSGI environment where an application says how the connection ends.
ENDING = "imgix_testing.ending"


class Handler(WSGIRequestHandler):
    """Serves requests on one connection until it ends."""

    protocol_version = "HTTP/1.1"
    # Send headers and body in one packet, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request, and end the connection as the application says."""
        self.environ = environ = self.make_environ()
        # Read the whole body, so that the next request starts in the right place.
        body = self._read_body()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        status = "500 Internal Server Error"
        headers: list[tuple[str, str]] = []

        def start_response(line: str, fields: list[tuple[str, str]], _error: Any = None) -> Any:
            nonlocal status, headers
            status, headers = line, fields

        content = b"".join(self.server.app(environ, start_response))
        ending = environ.get(ENDING, "keep")
        if ending == "reset":
            self._reset()
            return
        code, _, message = status.partition(" ")
        self.send_response(int(code), message)
        for name, value in headers:
            self.send_header(name, value)
        if ending == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _read_body(self) -> bytes:
        if self.environ.get("wsgi.input_terminated"):
            chunks: bytes = self.environ["wsgi.input"].read()
            return chunks
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(int(length)) if length.isdigit() else b""

    def _reset(self) -> None:
        self.close_connection = True
        # Closing with a linger of zero sends RST instead of FIN. The descriptor is closed here,
        # because the server would first end the connection in good order.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing: the API logs requests itself."""


class Listener(ThreadedWSGIServer):
    """A threaded server that can end the connections it keeps."""

    def __init__(self, host: str, port: int, app: Any) -> None:
        """Listen; raises OSError if the address cannot be used."""
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Werkzeug ends the process when a port is taken, so the socket is made here.
        with socket.create_server((host, port), family=family, backlog=128) as listening:
            super().__init__(host, port, app, handler=Handler, fd=listening.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in its own thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a closed connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Stop listening, and close all connections."""
        self.shutdown()
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
