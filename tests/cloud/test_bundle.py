"""The functions' code: what is in it, what must never be, and that it is the same bytes every time."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from homeport.cloud import bundle as bundling
from homeport.cloud.bundle import Bundle, is_skipped, make_bundle, make_folder_bundle, zip_files
from homeport.cloud.bundled_secrets import looks_secret, secret_in
from homeport.cloud.code_bundles import make_bundles
from homeport.cloud.errors import BundleError
from homeport.project.load import load_project
from tests.support.project import notes_project, write_files
from tests.support.template import FEATURES, project_of

KEY = "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n"


def bundle_of(root: Path, **secrets: str) -> Bundle:
    return make_bundle(load_project(root), {}, secrets)


def names_in(bundle: Bundle) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()


def test_the_bundle_holds_service_and_its_generated_modules_and_nothing_else(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    write_files(
        root,
        {
            "service/tests/test_it.py": "",
            "service/__pycache__/x.pyc": "",
            "service/.git/config": "",
            "service/.DS_Store": "",
            "service/requirements.txt": "",
            "service/data/rates.json": "{}",
            ".env": "NAME=value",
            "tests/test_it.py": "",
        },
    )
    assert names_in(bundle_of(root)) == [
        "service/_validators.py",
        "service/data/rates.json",
        "service/handlers/get_note.py",
        "service/handlers/put_note.py",
    ]


def test_the_same_files_make_the_same_bytes_whenever_and_wherever(tmp_path: Path) -> None:
    first = bundle_of(notes_project(tmp_path / "first"))
    root = notes_project(tmp_path / "second")
    for file in root.rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o755)
    second = bundle_of(root)
    assert (first.content, first.digest) == (second.content, second.digest)


def test_changed_code_has_another_digest(tmp_path: Path) -> None:
    first = bundle_of(notes_project(tmp_path / "first"))
    second = bundle_of(notes_project(tmp_path / "second", get_note="def handler(event, context):\n    return 1\n"))
    assert first.digest != second.digest


def test_the_function_of_a_group_has_its_dispatcher(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    spec = root / "openapi.yaml"
    spec.write_text(spec.read_text().replace("x-homeport: {", "x-homeport: {function: notes, "))
    assert "service/_functions/notes.py" in names_in(bundle_of(root))


@pytest.mark.parametrize(
    "name", [".env", ".env.prod", "prod.env", "server.pem", "id_rsa", "credentials", "store.p12", "secrets.yaml"]
)
def test_a_file_with_the_name_of_a_secret_is_rejected(tmp_path: Path, name: str) -> None:
    root = write_files(notes_project(tmp_path), {f"service/{name}": "anything"})
    with pytest.raises(BundleError, match=rf"service/{name} looks like a secret"):
        bundle_of(root)


def test_a_module_may_be_named_after_secrets(tmp_path: Path) -> None:
    root = write_files(notes_project(tmp_path), {"service/credentials.py": "", "service/secrets.py": ""})
    assert {"service/credentials.py", "service/secrets.py"} < set(names_in(bundle_of(root)))


def test_a_private_key_in_a_file_is_rejected(tmp_path: Path) -> None:
    root = write_files(notes_project(tmp_path), {"service/settings.json": KEY})
    with pytest.raises(BundleError, match=r"service/settings.json holds a private key"):
        bundle_of(root)


def test_the_value_of_a_secret_setting_is_rejected_and_not_printed(tmp_path: Path) -> None:
    root = write_files(notes_project(tmp_path), {"service/settings.py": "KEY = 'correct horse battery'\n"})
    with pytest.raises(BundleError) as refused:
        bundle_of(root, ApiKey="correct horse battery")
    assert "service/settings.py holds the value of ApiKey" in str(refused.value)
    assert "horse" not in str(refused.value)


def test_a_link_out_of_service_is_rejected(tmp_path: Path) -> None:
    root = notes_project(tmp_path / "project")
    outside = tmp_path / "outside.txt"
    outside.write_text("not the project's")
    (root / "service" / "link.txt").symlink_to(outside)
    with pytest.raises(BundleError, match="a link to a file outside of service/"):
        bundle_of(root)


def test_code_beyond_lambdas_limit_is_rejected_with_its_largest_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "MOST_UNZIPPED", 1000)
    with pytest.raises(BundleError, match=r"Lambda takes .*: pandas 2 kB, service 0 kB"):
        zip_files({"pandas/core.py": b"x" * 2000, "service/a.py": b"y"})


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (KEY.encode(), "a private key"),
        (b"key = 'AKIA" + b"Q3EGUVQ7ZLBE6RTM'", "an AWS access key"),
        (b"key = 'AKIAIOSFODNN7EXAMPLE'", None),
        (b"short", None),
    ],
)
def test_secrets_are_found_in_the_content_of_files(content: bytes, what: str | None) -> None:
    assert secret_in(content, [("Short", "short")]) == what


def test_hidden_files_are_left_out_unless_they_are_secrets() -> None:
    assert is_skipped(PurePosixPath(".editorconfig"))
    assert not is_skipped(PurePosixPath(".env"))
    assert looks_secret(PurePosixPath("config/.env.local"))


def bundles_of(root: Path, **secrets: str) -> dict[str, Bundle]:
    return dict(make_bundles(project_of(root, FEATURES["own code"]), root / "cache", secrets, print))


def test_code_of_its_own_and_a_layer_are_zips_of_their_own_as_they_are(tmp_path: Path) -> None:
    bundles = bundles_of(tmp_path)
    assert {parameter: names_in(bundle) for parameter, bundle in bundles.items() if parameter != "CodeKey"} == {
        "CodeSrcOrdersKey": ["app.py", "tests/words.py"],
        "LayerLayersSharedKey": ["python/shared.py"],
    }
    assert "service/handlers/route1.py" in names_in(bundles["CodeKey"])


def test_packages_stand_beside_code_of_its_own_which_wins_over_them(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"code/app.py": "1", "packages/app.py": "2", "packages/six.py": "3"})
    packages = {"app.py": root / "packages" / "app.py", "six.py": root / "packages" / "six.py"}
    bundle = make_folder_bundle(root / "code", "code", packages, {})
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"app.py": b"1", "six.py": b"3"}


def test_a_secret_in_code_of_its_own_is_refused_by_its_path(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"src/a/app.py": "", "src/a/door.pem": KEY})
    with pytest.raises(BundleError, match=r"src/a/door\.pem looks like a secret .* \(move it out of src/"):
        make_folder_bundle(root / "src" / "a", "src/a", {}, {})
