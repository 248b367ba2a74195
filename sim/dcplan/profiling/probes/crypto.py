"""What encryption costs a core: AES-256-GCM, and TLS 1.3 as Python's ssl speaks it.

Ciphers come from the library `cryptography`, which also makes the certificate (ECDSA P-256) that TLS needs; both use
OpenSSL. The connection is a pair of sockets within this machine, with one thread at either end, so that on two cores
the slower end counts.
"""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dcplan.profiling.probes.result import Result, not_measured, summarise
from dcplan.profiling.probes.settings import MIB, Settings, Tell, missing
from dcplan.profiling.probes.trials import calls_in, rates, repeat

MESSAGES = {"16_kib": 16 * 1024, "1_mib": MIB}
"""Sizes of messages to encrypt [B]; a TLS record holds 16 KiB."""
HOST = "localhost"
"""The name in the certificate."""

_HANDSHAKES = "full TLS 1.3 handshakes per second, both ends on one core, certificate checked, nothing resumed"
_STREAM = "bytes per second through a TLS 1.3 connection within this machine, one thread at either end"


def crypto(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Bytes per second encrypted by one core and through TLS [B/s], and handshakes per second [1/s]."""
    if reason := missing("cryptography"):
        names = [*(f"aes_256_gcm_{size}" for size in MESSAGES), "tls_1_3_stream"]
        return [not_measured(name, "B/s", reason) for name in names] + [
            not_measured("tls_1_3_handshakes", "1/s", reason, _HANDSHAKES)
        ]
    results = []
    for name in MESSAGES:
        tell(f"AES-256-GCM, {name.replace('_', ' ')}")
        results.append(_cipher(name, settings))
    server, client = contexts()
    tell("TLS 1.3 stream")
    results.append(_stream(server, client, settings))
    tell("TLS 1.3 handshakes")
    values = rates(lambda: shake_hands(server, client), settings.effective_pace)
    conditions = {"threads": 1, "key": "ECDSA P-256", "openssl": ssl.OPENSSL_VERSION}
    return [*results, summarise("tls_1_3_handshakes", "1/s", values, _HANDSHAKES, conditions)]


def _cipher(name: str, settings: Settings) -> Result:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, nonce, message = AESGCM(AESGCM.generate_key(256)), os.urandom(12), os.urandom(MESSAGES[name])
    values = [
        len(message) * rate for rate in rates(_encryption(cipher.encrypt, nonce, message), settings.effective_pace)
    ]
    meaning = f"bytes per second encrypted and authenticated by one core, messages of {len(message)} B"
    return summarise(f"aes_256_gcm_{name}", "B/s", values, meaning, {"threads": 1, "message_bytes": len(message)})


def _encryption(encrypt: Callable[[bytes, bytes, None], bytes], nonce: bytes, message: bytes) -> Callable[[], object]:
    """The call to time; its nonce is always the same, which a timing may do and a secret may not."""
    return lambda: encrypt(nonce, message, None)


def _stream(server: ssl.SSLContext, client: ssl.SSLContext, settings: Settings) -> Result:
    pace, chunk = settings.effective_pace, bytes(MESSAGES["16_kib"])
    with _connected(server, client) as (sender, cipher):

        def sent_s(count: int) -> float:
            begin = time.perf_counter()
            sender.sendall(count.to_bytes(8, "big"))
            for _ in range(count):
                sender.sendall(chunk)
            sender.recv(1)
            return time.perf_counter() - begin

        count = calls_in(pace.trial_s, sent_s)
        values = repeat(lambda: count * len(chunk) / sent_s(count), pace)
    conditions = {"threads": 2, "message_bytes": len(chunk), "cipher": cipher, "openssl": ssl.OPENSSL_VERSION}
    return summarise("tls_1_3_stream", "B/s", values, _STREAM, conditions)


@contextmanager
def _connected(server: ssl.SSLContext, client: ssl.SSLContext) -> Iterator[tuple[ssl.SSLSocket, str]]:
    """The client's end of a connection to a thread that drops what it is sent, and the cipher agreed on."""
    here, there = socket.socketpair()
    thread = threading.Thread(target=_drop, args=(server, there), daemon=True)
    thread.start()
    with client.wrap_socket(here, server_hostname=HOST) as sender:
        yield sender, str((sender.cipher() or ("unknown",))[0])
    thread.join(10)


def _drop(server: ssl.SSLContext, end: socket.socket) -> None:
    """Receive as many chunks as the first eight bytes say, then send a byte; again until the other end closes."""
    buffer = memoryview(bytearray(MESSAGES["16_kib"]))
    with server.wrap_socket(end, server_side=True, suppress_ragged_eofs=True) as receiver:
        while head := receiver.recv(8):
            left = int.from_bytes(head, "big") * len(buffer)
            while left > 0 and (taken := receiver.recv_into(buffer, min(left, len(buffer)))):
                left -= taken
            if left:
                return
            receiver.sendall(b"!")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """Both sides of a whole handshake, through memory and by this thread alone; the version agreed on."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname=HOST), server.wrap_bio(up, down, server_side=True)]
    waiting = list(ends)
    while waiting:
        waiting = [end for end in waiting if not _shaken(end)]
    return str(ends[0].version())


def _shaken(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a new certificate and a client that trusts it alone, both speaking only TLS 1.3."""
    key, certificate = _certificate()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="dcplan-") as folder:
        file = Path(folder) / "key-and-certificate.pem"
        file.touch(0o600)
        file.write_bytes(key + certificate)
        server.load_cert_chain(file)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=certificate.decode())
    for context in (server, client):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    return server, client


def _certificate() -> tuple[bytes, bytes]:
    """A private key and a certificate for it that it signed itself, good for a day, both as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    return (
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
        certificate.public_bytes(serialization.Encoding.PEM),
    )
