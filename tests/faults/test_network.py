"""Proxies and certificate authorities from the environment, on a network of this machine only."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from imgix_testing.server import SimulatedImgix
    from tests.faults.conftest import Person

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of this machine's own network settings in."""
    for name in (*VARIABLES, "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@frozen
class Relay:
    """A server that passes bytes on to another one, and what it was asked to."""

    port: int
    heads: list[str] = field(factory=list)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on bytes until one side has no more."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def join(client: Any, address: tuple[str, int], first: bytes = b"") -> None:
    """Connect `client` with what listens at `address`, both ways, until both are done."""
    with socket.create_connection(address) as upstream:
        upstream.sendall(first)
        back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
        back.start()
        pump(client, upstream)
        back.join()


def serve(handle: Any) -> Iterator[int]:
    """Serve connections with `handle` on a free port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            handle(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def proxy() -> Iterator[Relay]:
    """A forward proxy: CONNECT for https, whole addresses for http."""
    heads: list[str] = []

    def handle(client: socket.socket) -> None:
        head = client.recv(65536)
        line = head.split(b"\r\n")[0].decode()
        heads.append(head.decode())
        method, target, _ = line.split(" ")
        if method == "CONNECT":
            host, port = target.split(":")
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            join(client, (host, int(port)))
            return
        parts = urlsplit(target)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        rest = head.replace(target.encode(), path.encode(), 1)
        join(client, (str(parts.hostname), int(parts.port or 80)), rest)

    for port in serve(handle):
        yield Relay(port, heads)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    file.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def https(person: Person, certificate: Path) -> Iterator[Person]:
    """A person who reaches the simulated account over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    upstream = urlsplit(person.imgix.url).port or 80

    def handle(client: socket.socket) -> None:
        try:
            with context.wrap_socket(client, server_side=True) as secure:
                join(secure, ("127.0.0.1", upstream))
        except OSError:  # a client that does not trust the certificate hangs up
            return

    for port in serve(handle):
        url = f"https://127.0.0.1:{port}/api/v1"
        person.settings = {**person.settings, "api_url": url, "timeout": 5}
        yield person


def test_an_unknown_certificate_is_told_in_one_line(https: Person) -> None:
    """A certificate that nobody vouches for ends the run at once, with what to set."""
    seen = https.attempt("create")
    assert "the certificate of 127.0.0.1:" in seen
    assert "is not trusted. Set REQUESTS_CA_BUNDLE" in seen
    assert https.imgix.requests == []
    assert https.state is None


def test_a_bundle_from_the_environment_is_trusted(
    https: Person, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With REQUESTS_CA_BUNDLE the same server is talked to."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert https.attempt("create") == ""
    assert list(https.imgix.sources) == [https.id]


def test_a_bundle_that_is_not_there_is_told(
    https: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped bundle is one line that names the variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))
    seen = https.attempt("create")
    assert "the bundle of trusted certificates cannot be read. Check REQUESTS_CA_BUNDLE" in seen


def test_https_goes_through_the_proxy(
    https: Person, proxy: Relay, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS_PROXY is asked for a tunnel, and sees nothing of the key."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    assert https.attempt("create") == ""
    assert len(https.imgix.sources) == 1
    assert all(head.startswith("CONNECT 127.0.0.1:") for head in proxy.heads)
    assert proxy.heads
    https.assert_no_secret(str(proxy.heads))


def test_http_goes_through_the_proxy(
    person: Person, proxy: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is asked for whole addresses, unless NO_PROXY names the host."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    assert person.attempt("create") == ""
    assert proxy.heads[0].startswith(f"POST {person.imgix.url}/sources HTTP/1.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    proxy.heads.clear()
    assert person.attempt("read") == ""
    assert proxy.heads == []


@pytest.mark.usefixtures("pauses")
def test_a_proxy_that_is_not_there_is_told_without_its_password(
    https: Person, imgix: SimulatedImgix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so nothing is looked for; the line names the proxy's variables."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:canary-password@127.0.0.1:{port}")
    https.settings = {**https.settings, "timeout": 1}

    seen = https.attempt("create")

    assert "could be made through the proxy. Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY" in seen
    assert imgix.requests == []
