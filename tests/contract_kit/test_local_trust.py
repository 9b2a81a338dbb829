"""What requests trusts during a contract run at ``homeport dev --tls``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from homeport.contract.run.local_trust import trusted_by_requests
from homeport.dev.certificate import local_certificate
from homeport.gateway.http.tls import server_context
from tests.support.echo import echo_server

VARIABLE = "REQUESTS_CA_BUNDLE"


@pytest.mark.parametrize("chosen", ["", "own.pem"])
def test_requests_trusts_the_local_certificate_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOMEPORT_CACHE_DIR", str(tmp_path))
    (tmp_path / "own.pem").write_text("# an authority of the company's\n")
    monkeypatch.setenv(VARIABLE, str(tmp_path / chosen) if chosen else "")
    # Beside certificates for other domains, which have other keys.
    for names in (["a.example"], [], ["z.example"]):
        local_certificate(names, tmp_path / "tls", lambda line: None)
    files = local_certificate([], tmp_path / "tls", lambda line: None)
    before = os.environ[VARIABLE]
    with echo_server(server_context(str(files.certificate), str(files.key))) as echo:
        url = f"https://127.0.0.1:{echo.address[1]}"
        with trusted_by_requests(url):
            assert requests.get(f"{url}/x", timeout=60).text == "ok"
            assert ("company" in Path(os.environ[VARIABLE]).read_text()) == bool(chosen)
    assert os.environ[VARIABLE] == before


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://api.example.com", ""])
def test_other_addresses_change_nothing(url: str) -> None:
    before = dict(os.environ)
    with trusted_by_requests(url):
        assert dict(os.environ) == before
