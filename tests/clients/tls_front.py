"""A stack of host names on this machine: a proxy that ends TLS and hands on to an emulator.

Clients that insist on https and on host names such as `encryption.<stack>` reach the emulator
through `HTTPS_PROXY`: names are never looked up, and no port below 1024 is needed.
"""

from __future__ import annotations

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

STACK = "emulator.test"
CONNECTION = f"connection.{STACK}"
_BUCKET_HOST = re.compile(r"([a-z0-9-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com")
_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "date", "server", "content-length"}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

MAKE_CERTIFICATES = """
import datetime, sys
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

folder, names = Path(sys.argv[1]), sys.argv[2:]
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)
authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kbsync test authority")])
server = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kbsync test server")])
ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

def start(subject, public_key):
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=authority)
    builder = builder.public_key(public_key).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - day).not_valid_after(now + day)

usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
ca = start(authority, ca_key.public_key())
ca = ca.add_extension(x509.BasicConstraints(True, None), True).add_extension(usage, True)
identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
ca = ca.add_extension(identifier, False).sign(ca_key, hashes.SHA256())
leaf = start(server, key.public_key())
leaf = leaf.add_extension(x509.BasicConstraints(False, None), True)
leaf = leaf.add_extension(
    x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False
)
issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
leaf = leaf.add_extension(issuer, False).sign(ca_key, hashes.SHA256())
pem = serialization.Encoding.PEM
(folder / "ca.pem").write_bytes(ca.public_bytes(pem))
secret = key.private_bytes(
    pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
(folder / "server.pem").write_bytes(secret + leaf.public_bytes(pem))
"""
"""Run by the client's own Python with a folder and the host names, because it has the library."""

HOSTS = (f"*.{STACK}", "*.s3.us-east-1.amazonaws.com")


class TlsFront:
    """A running proxy; `url` is what goes into `HTTPS_PROXY`."""

    def __init__(self, emulator_url, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

        class Handler(_Handler):
            emulator = emulator_url
            tls = context

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    emulator: str
    tls: ssl.SSLContext
    prefix = ""

    def do_CONNECT(self):  # the name that http.server calls
        """From here on the connection speaks TLS, and requests are for the host it names."""
        found = _prefix(self.path.rpartition(":")[0])
        if found is None:
            self.send_error(403, "only the emulated stack is served")
            return
        self.prefix = found
        self.send_response(200)
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def forward(self):
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name: text for name, text in self.headers.items() if name.lower() != "expect"}
        answer = requests.request(
            self.command,
            f"{self.emulator}{self.prefix}{self.path}",
            data=self.rfile.read(size),
            headers=headers,
            allow_redirects=False,
            timeout=60,
        )
        self.send_response(answer.status_code)
        for name, text in answer.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, text)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def finish(self):
        super().finish()
        self.connection.close()

    def log_message(self, *args):
        """Say nothing."""


for _method in _METHODS:
    setattr(_Handler, f"do_{_method}", _Handler.forward)


def _prefix(host):
    """Where the emulator serves what a host of the stack would; None for other hosts."""
    if host == CONNECTION:
        return ""
    if host.endswith(f".{STACK}"):
        return f"/{host.removesuffix(f'.{STACK}')}"
    match = _BUCKET_HOST.fullmatch(host)
    return f"/s3/{match[1]}" if match else None
