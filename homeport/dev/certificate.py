"""The certificate of ``homeport dev --tls``: mkcert's, else one made here, else the owner's own.

It is kept per user, below the kit's cache folder: a browser that trusts it once trusts it in every project. What is
made here is self-signed and no authority: whoever trusts it trusts this one key for these names, and nothing else.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from homeport.errors import SetupError
from homeport.package_cache import Say

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""The names that every certificate made here has."""
OWN = "own"
# Apple's limit for a certificate that a user trusts: https://support.apple.com/103214
_LIFETIME = timedelta(days=397)
_SIGNS_HANDSHAKES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
# A certificate is renewed while it is still good, so that none ends during a day's work.
_RENEWED_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of a certificate and of its private key, in PEM."""

    certificate: Path
    key: Path


def own_certificate(files: TlsFiles, folder: Path) -> TlsFiles:
    """Return the owner's files, after a look at them; the kit's own clients find the certificate in ``folder``.

    Raises SetupError for files that are none, do not belong together, or have ended.
    """
    for file in (files.certificate, files.key):
        if not file.is_file():
            raise SetupError(f"there is no file {file}", "see --tls-cert and --tls-key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key, password="")
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{files.certificate} and {files.key} are no certificate with its key: {error}",
            "give both in PEM, the key without a passphrase",
        ) from None
    if _end_of(files.certificate) <= datetime.now(UTC):
        raise SetupError(f"the certificate {files.certificate} has ended", "renew it, or leave --tls-cert out")
    _write(folder / f"{OWN}.pem", files.certificate.read_bytes(), 0o644)
    return files


def local_certificate(names: Sequence[str], folder: Path, say: Say) -> TlsFiles:
    """Return a certificate for ``LOCAL_NAMES`` and further ``names``; make it if there is none, or if it ends soon.

    mkcert makes it where it is on the PATH. Raises SetupError if none can be made.
    """
    further = sorted({name.lower() for name in names} - {*LOCAL_NAMES})
    # The certificate's file is named after what it is for: a domain name is a good file name, but for its `*`.
    stem = "+".join(("localhost", *further)).replace("*", "_").replace(":", "_")[:200]
    files = TlsFiles(folder / f"{stem}.pem", folder / f"{stem}.key")
    if files.key.is_file() and files.certificate.is_file() and _is_good(files):
        return files
    mkcert = shutil.which("mkcert")
    every = (*LOCAL_NAMES, *further)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = _make_by_mkcert(mkcert, every) if mkcert else _make(every)
        # The key first: a certificate without its key would be taken for whole.
        _write(files.key, made[1], 0o600)
        _write(files.certificate, made[0], 0o644)
    except OSError as error:
        raise SetupError(f"no certificate could be made in {folder}: {error}", "see HOMEPORT_CACHE_DIR") from None
    by = (
        "by mkcert" if mkcert else "trusted by homeport alone; for browsers: install mkcert, or trust the file yourself"
    )
    say(f"certificate {files.certificate} ({by})")
    return files


def _is_good(files: TlsFiles) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
        return _end_of(files.certificate) - datetime.now(UTC) > _RENEWED_BEFORE
    except (OSError, ValueError):
        return False


def _end_of(certificate: Path) -> datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _make_by_mkcert(mkcert: str, names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return a certificate with its authority's behind it, and the key. Raises SetupError, OSError."""
    with tempfile.TemporaryDirectory() as scratch:
        certificate, key = Path(scratch, "cert.pem"), Path(scratch, "key.pem")
        command = [mkcert, "-cert-file", str(certificate), "-key-file", str(key), *names]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode or not certificate.is_file():
            raise SetupError(f"mkcert failed: {done.stderr.strip()[-500:]}", "run mkcert -install, or remove mkcert")
        root = subprocess.run([mkcert, "-CAROOT"], capture_output=True, text=True, check=False).stdout.strip()
        authority = Path(root, "rootCA.pem")
        chain = authority.read_bytes() if root and authority.is_file() else b""
        return certificate.read_bytes() + chain, key.read_bytes()


def _make(names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return a self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    number = x509.random_serial_number()
    # OpenSSL looks a trusted certificate up by its subject: no two may share one.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "homeport dev --tls"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{number:x}"),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(number)
        # A container's clock may be behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(_SIGNS_HANDSHAKES, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), secret


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(file: Path, content: bytes, mode: int) -> None:
    """Write a file that is whole at any time, and has its mode from its first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as sink:
            os.fchmod(descriptor, mode)
            sink.write(content)
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
