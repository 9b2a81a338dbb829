from __future__ import annotations

import base64
import hashlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from homeport.errors import HomeportError
from homeport.issuer.keys import LocalKeys, public_jwk, signing_key
from homeport.issuer.trust import ISSUER
from tests.support.tokens import public_key


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / ".homeport" / "issuer"
    first = signing_key(folder)
    assert first.private.key_size == 2048
    assert signing_key(folder).private.private_numbers() == first.private.private_numbers()


def test_only_its_owner_can_read_it_and_git_does_not_see_it(tmp_path: Path) -> None:
    folder = tmp_path / ".homeport" / "issuer"
    signing_key(folder)
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sorted(file.name for file in folder.iterdir()) == [".gitignore", "key.pem"]


def test_processes_that_make_the_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: signing_key(tmp_path / "issuer"), range(4)))
    assert len({key.id for key in keys}) == 1


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    jwk = public_jwk(public_key())
    required = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    digest = base64.urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).decode().rstrip("=")
    assert jwk == {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": digest, "n": jwk["n"], "e": "AQAB"}


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN NOTHING-----")
    with pytest.raises(HomeportError, match=r"key\.pem is no private key"):
        signing_key(tmp_path)


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(HomeportError, match="is no RSA key"):
        signing_key(tmp_path)


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / ".homeport").write_text("a file in the way")
    with pytest.raises(HomeportError, match="can't be kept in"):
        signing_key(tmp_path / ".homeport" / "issuer")


def test_the_gateway_knows_no_key_before_there_is_one_and_makes_none(tmp_path: Path) -> None:
    folder = tmp_path / "issuer"
    keys = LocalKeys(folder)
    assert keys.find(ISSUER, "key") is None
    assert not folder.exists()
    made = signing_key(folder)
    assert keys.find(ISSUER, made.id) == made.private.public_key()
    assert keys.find(ISSUER, "other") is None


def test_the_gateway_sees_a_new_key_without_a_restart(tmp_path: Path) -> None:
    keys = LocalKeys(tmp_path)
    old = signing_key(tmp_path)
    assert keys.find(ISSUER, old.id) is not None
    (tmp_path / "key.pem").unlink()
    new = signing_key(tmp_path)
    assert keys.find(ISSUER, new.id) == new.private.public_key()
    assert keys.find(ISSUER, old.id) is None
