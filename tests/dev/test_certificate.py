"""The certificate of ``homeport dev --tls``: made once, renewed in time, or the owner's own."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from homeport.dev import certificate
from homeport.dev.certificate import TlsFiles, local_certificate, own_certificate
from homeport.errors import SetupError

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def no_mkcert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def make(folder: Path, *names: str) -> tuple[TlsFiles, list[str]]:
    lines: list[str] = []
    return local_certificate(names, folder, lines.append), lines


def loaded(files: TlsFiles) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.certificate.read_bytes())


def test_certificate_is_made_once(tmp_path: Path) -> None:
    first, told = make(tmp_path / "tls")
    second, nothing = make(tmp_path / "tls")
    assert (first, nothing) == (second, [])
    assert told == [
        f"certificate {tmp_path}/tls/localhost.pem "
        "(trusted by homeport alone; for browsers: install mkcert, or trust the file yourself)"
    ]


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    files, _ = make(tmp_path / "tls")
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.key.parent.stat().st_mode) == 0o700


def test_certificate_cannot_sign_others(tmp_path: Path) -> None:
    found = loaded(make(tmp_path)[0])
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert found.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False


def test_each_set_of_names_has_a_certificate_of_its_own(tmp_path: Path) -> None:
    files, _ = make(tmp_path, "API.example.com", "localhost")
    assert files.certificate.name == "localhost+api.example.com.pem"
    names = loaded(files).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "api.example.com"]


def test_certificate_that_ends_soon_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "_LIFETIME", timedelta(days=6))
    old = loaded(make(tmp_path)[0])
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    new = loaded(make(tmp_path)[0])
    assert new.serial_number != old.serial_number
    assert new.not_valid_after_utc > datetime.now(UTC) + timedelta(days=390)


def test_broken_file_is_made_anew(tmp_path: Path) -> None:
    files, _ = make(tmp_path)
    files.key.write_text("half a k")
    again, told = make(tmp_path)
    assert told
    assert make(tmp_path) == (again, [])


def test_own_certificate_is_served_as_it_is_and_known_to_the_kits_clients(tmp_path: Path) -> None:
    files, _ = make(tmp_path / "elsewhere")
    assert own_certificate(files, tmp_path / "tls") == files
    assert (tmp_path / "tls" / "own.pem").read_bytes() == files.certificate.read_bytes()
    assert not list((tmp_path / "tls").glob("*.key"))


def test_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one")[0], make(tmp_path / "other")[0]
    with pytest.raises(SetupError, match="are no certificate with its key"):
        own_certificate(TlsFiles(one.certificate, other.key), tmp_path / "tls")


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"there is no file .*/a\.pem"):
        own_certificate(TlsFiles(tmp_path / "a.pem", tmp_path / "a.key"), tmp_path / "tls")


def test_certificate_that_has_ended_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "_LIFETIME", timedelta(minutes=-30))
    files, _ = make(tmp_path)
    with pytest.raises(SetupError, match="has ended"):
        own_certificate(files, tmp_path / "tls")
