"""The zips of functions in Node.js: what is in them, the same bytes every time, and what the template says of them."""

from __future__ import annotations

import io
import json
import tarfile
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from homeport.cloud.bundle import Bundle
from homeport.cloud.code_bundles import make_bundles
from homeport.cloud.errors import BundleError
from homeport.cloud.node_bundle import make_built_bundle, node_package_files
from homeport.cloud.template.build import build_template
from homeport.cloud.template.code import CodeParameters
from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.load import load_project
from homeport.project.model import Api
from homeport.project.project import Project
from homeport.runtime.node.esbuild_program import kit_esbuild
from homeport.runtime.node.npm import find_npm
from tests.support.project import write_files
from tests.support.template import FEATURES, project_of

HANDLER = "export const handler = async () => ({ statusCode: 204 });\n"
SPEC = """
openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes:
    get: {operationId: listNotes, responses: {"200": {description: All.}}}
    post: {operationId: addNote, responses: {"204": {description: Kept.}}}
"""
STAGES = "stages: {prod: {runtime: nodejs22.x, snapStart: true}}"
MANIFEST = '{"type": "module", "dependencies": {"ms": "2.1.3"}, "devDependencies": {"isarray": "2.0.5"}}'
LOCK = """\
{
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "dependencies": {
        "ms": "2.1.3"
      },
      "devDependencies": {
        "isarray": "2.0.5"
      }
    },
    "node_modules/isarray": {
      "version": "2.0.5",
      "integrity": "sha512-xHjhDr3cNBK0BzdUJSPXZntQUx/mwMS5Rw4A7lPJ90XGAO6ISP/ePDNuo0vhqOZU+UD5JoodwCAAoZQd3FeAKw==",
      "dev": true,
      "license": "MIT"
    },
    "node_modules/ms": {
      "version": "2.1.3",
      "integrity": "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
      "license": "MIT"
    }
  }
}
"""


def notes(root: Path, **files: str) -> Project:
    """A project in Node.js; ``files`` are further ones of ``service``, by name with ``__`` for a slash."""
    write_files(root, {"openapi.yaml": SPEC, "deploy/stages.yaml": STAGES})
    write_files(root, {f"service/{name}": content for name, content in files.items()})
    return load_project(root, "prod")


def names_in(bundle: Bundle) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()


def in_javascript(root: Path) -> Project:
    """A project with two handlers in JavaScript and a package."""
    handlers = {f"handlers/{name}.mjs": HANDLER for name in ("list_notes", "add_note")}
    return notes(root, **handlers, **{"package.json": MANIFEST, "package-lock.json": LOCK})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a package of npm, and the kit's own esbuild."""
    place = tmp_path_factory.mktemp("cache")
    write_files(place, {"pack/package.json": MANIFEST, "pack/package-lock.json": LOCK})
    try:
        program = kit_esbuild(read_environment().cache_dir, print)
        node_package_files(place, place / "pack" / "package.json", "arm64", print, "pack")
    except (SetupError, BundleError) as error:
        pytest.skip(str(error))
    (place / program.parents[3].parent.name).symlink_to(program.parents[3].parent)
    return place


def test_the_template_has_the_runtime_and_the_handler_and_no_snapshot(tmp_path: Path) -> None:
    project = in_javascript(tmp_path)
    assert CodeParameters(project).names == ("CodeServiceKey",)
    resources = build_template(project)["Resources"]
    function = resources["AddNoteFunction"]["Properties"]
    assert (function["Runtime"], function["Handler"]) == ("nodejs22.x", "handlers/add_note.handler")
    assert function["Code"]["S3Key"] == {"Ref": "CodeServiceKey"}
    assert "SnapStart" not in function


def test_handlers_in_typescript_have_a_zip_each(tmp_path: Path) -> None:
    project = notes(tmp_path, **{"handlers/list_notes.ts": HANDLER, "handlers/add_note.mts": HANDLER})
    assert CodeParameters(project).names == (
        "CodeServiceHandlersListNotesKey",
        "CodeServiceHandlersAddNoteKey",
    )


def test_packages_without_a_lock_are_refused(tmp_path: Path) -> None:
    project = in_javascript(tmp_path)
    (tmp_path / "service" / "package-lock.json").unlink()
    with pytest.raises(BundleError, match=r"service/package\.json names packages, and there is no package-lock"):
        dict(make_bundles(project, tmp_path / "cache", {}, print))


@pytest.mark.stack
def test_javascript_is_bundled_as_it_is_with_the_locked_packages(tmp_path: Path, cache: Path) -> None:
    project = in_javascript(tmp_path)
    write_files(
        tmp_path,
        {
            "service/handlers/add_note.test.mjs": "",
            "service/tests/all.mjs": "",
            "service/node_modules/other/index.js": "",
            "service/other.py": "",
            "service/lib/data.json": "{}",
        },
    )
    first, second = (dict(make_bundles(project, cache, {}, print))["CodeServiceKey"] for _ in range(2))
    assert first.content == second.content
    names = names_in(first)
    assert [name for name in names if not name.startswith("node_modules/ms/")] == [
        "handlers/add_note.mjs",
        "handlers/list_notes.mjs",
        "lib/data.json",
        "package.json",
    ]
    assert "node_modules/ms/index.js" in names


PRIVATE_LOCK = """
{{"lockfileVersion": 3, "packages": {{
  "": {{"dependencies": {{"@team/private": "1.0.0"}}}},
  "node_modules/@team/private": {{
    "version": "1.0.0",
    "resolved": "{registry}/@team/private/-/private-1.0.0.tgz",
    "integrity": "{integrity}"
  }}
}}}}
"""


def packed(name: str, code: str) -> bytes:
    """The file of a package, as a registry has it."""
    packed_files = {"package/package.json": json.dumps({"name": name, "version": "1.0.0"}), "package/index.js": code}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for place, text in packed_files.items():
            entry = tarfile.TarInfo(place)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@contextmanager
def private_registry(package: bytes, token: str) -> Iterator[int]:
    """A registry that gives its only package to who sends the token; its port."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Bearer {token}"
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(package) if known else 0))
            self.end_headers()
            self.wfile.write(package if known else b"")

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.stack
def test_packages_of_a_private_registry_are_bundled_by_the_projects_npmrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_npm() is None:
        pytest.skip("npm is not installed")
    package = packed("@team/private", "module.exports = 1;\n")
    integrity = f"sha512-{b64encode(sha512(package).digest()).decode()}"
    monkeypatch.setenv("TEAM_TOKEN", "let me in")
    with private_registry(package, "let me in") as port:
        registry = f"http://127.0.0.1:{port}"
        npmrc = f"@team:registry={registry}/\n//127.0.0.1:{port}/:_authToken=${{TEAM_TOKEN}}\n"
        files = {"package.json": '{"dependencies": {"@team/private": "1.0.0"}}', "index.mjs": HANDLER, ".npmrc": npmrc}
        lock = PRIVATE_LOCK.format(registry=registry, integrity=integrity)
        write_files(tmp_path / "code", {**files, "package-lock.json": lock})
        manifest = tmp_path / "code" / "package.json"
        found = node_package_files(tmp_path / "cache", manifest, "arm64", print, "code")
    assert set(found) == {"node_modules/@team/private/package.json", "node_modules/@team/private/index.js"}


@pytest.mark.stack
def test_typescript_is_bundled_into_one_file_a_handler(tmp_path: Path, cache: Path) -> None:
    project = notes(
        tmp_path,
        **{
            "handlers/list_notes.ts": 'import { GetCommand } from "@aws-sdk/lib-dynamodb";\n'
            'import { word } from "../lib/words";\nexport const handler = async () => [word, GetCommand];\n',
            "handlers/add_note.mts": HANDLER,
            "lib/words.ts": "export const word: string = 'hello';\n",
        },
    )
    first, second = (dict(make_bundles(project, cache, {}, print)) for _ in range(2))
    assert {name: bundle.content for name, bundle in first.items()} == {
        name: bundle.content for name, bundle in second.items()
    }
    assert names_in(first["CodeServiceHandlersListNotesKey"]) == ["handlers/list_notes.js"]
    assert names_in(first["CodeServiceHandlersAddNoteKey"]) == ["handlers/add_note.mjs"]
    archive = zipfile.ZipFile(io.BytesIO(first["CodeServiceHandlersListNotesKey"].content))
    text = archive.read("handlers/list_notes.js").decode()
    assert "hello" in text
    assert 'require("@aws-sdk/lib-dynamodb")' in text
    assert str(tmp_path) not in text


@pytest.mark.stack
def test_a_build_that_fails_says_where(tmp_path: Path, cache: Path) -> None:
    notes(tmp_path, **{"handlers/list_notes.ts": HANDLER, "handlers/add_note.ts": HANDLER})
    project = load_project(tmp_path, "prod")
    write_files(tmp_path, {"service/handlers/add_note.ts": 'import "zod-like";\n' + HANDLER})
    code = project.api.functions["add-note"].code
    assert code is not None
    assert code.build is not None
    with pytest.raises(BundleError, match=r'service/handlers/add_note.ts:1:7: Could not resolve "zod-like" .*npm ci'):
        make_built_bundle(code.root, code.build, cache, {}, print)


@pytest.mark.stack
def test_a_layer_of_packages_is_filled_below_nodejs(tmp_path: Path, cache: Path) -> None:
    manifests = {"layers/shared/nodejs/package.json": MANIFEST, "layers/shared/nodejs/package-lock.json": LOCK}
    project = in_javascript(tmp_path)
    write_files(tmp_path, {**manifests, "layers/shared/nodejs/lib.mjs": "export const a = 1;"})
    function = project.api.functions["add-note"]
    assert function.code is not None
    code = replace(function.code, layers=(tmp_path / "layers/shared",), written_layers=("layers/shared",))
    functions = {**project.api.functions, "add-note": replace(function, code=code)}
    project = replace(project, api=replace(project.api, functions=functions))
    bundles = dict(make_bundles(project, cache, {}, print))
    names = names_in(bundles["LayerLayersSharedKey"])
    assert "nodejs/node_modules/ms/package.json" in names
    assert "nodejs/lib.mjs" in names


def test_a_layer_with_its_packages_is_bundled_as_it_is(tmp_path: Path) -> None:
    project = project_of(tmp_path, FEATURES["in node"])
    assert CodeParameters(project).names == ("CodeSrcScriptsKey", "CodeSrcTypedKey", "LayerLayersScriptsKey")
    modules = tmp_path / "layers" / "scripts" / "nodejs" / "node_modules"
    write_files(modules, {".package-lock.json": "{}", "words/test/door.pem": "", "words/node_modules/deep/a.js": ""})
    bundles = dict(make_bundles(replace(project, api=only_scripts(project)), tmp_path, {}, print))
    assert names_in(bundles["CodeSrcScriptsKey"]) == ["index.mjs"]
    assert names_in(bundles["LayerLayersScriptsKey"]) == [
        "nodejs/node_modules/words/index.js",
        "nodejs/node_modules/words/node_modules/deep/a.js",
        "nodejs/node_modules/words/test/door.pem",
    ]


def only_scripts(project: Project) -> Api:
    """The API without its function in TypeScript, whose build would start a process."""
    functions = {name: it for name, it in project.api.functions.items() if it.code is None or it.code.build is None}
    return replace(project.api, functions=functions)


@pytest.mark.stack
def test_packages_with_install_scripts_are_named(tmp_path: Path, cache: Path) -> None:
    lock = json.loads(LOCK)
    lock["packages"]["node_modules/ms"]["hasInstallScript"] = True
    write_files(tmp_path, {"code/package.json": MANIFEST, "code/package-lock.json": json.dumps(lock)})
    said: list[str] = []
    node_package_files(cache, tmp_path / "code" / "package.json", "x86_64", said.append, "code")
    assert said[0].startswith("warning: ms has an install script, which is not run")
