"""The seed of the services: objects, parameters and secrets below deploy/seed/STAGE/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.aws.setup.seed import Seed, read_service_seed
from homeport.errors import ProjectError
from homeport.project.load import load_project
from tests.support.project import RESOURCES, SPEC, write_files

BUCKET = f"{RESOURCES}  Photos: {{Type: AWS::S3::Bucket}}\n"


def seed_of(root: Path, files: dict[str, str]) -> Seed:
    handlers = {f"service/handlers/{name}.py": "def handler(event, context): ..." for name in ("get_note", "put_note")}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    write_files(root, {"openapi.yaml": SPEC, "deploy/resources.yaml": BUCKET, **handlers, **packages})
    for name, text in files.items():
        file = root / "deploy/seed/local" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_service_seed(load_project(root, environ={}))


def test_project_without_a_folder_has_an_empty_seed(tmp_path: Path) -> None:
    assert seed_of(tmp_path, {}) == Seed()


def test_files_below_a_bucket_are_its_objects(tmp_path: Path) -> None:
    seed = seed_of(tmp_path, {"objects/Photos/a.png": "a", "objects/Photos/2026/b.txt": "b"})
    assert {key: file.read_text() for key, file in seed.objects["Photos"].items()} == {"a.png": "a", "2026/b.txt": "b"}


def test_values_are_texts_and_maps_become_json(tmp_path: Path) -> None:
    secrets = json.dumps({"ApiSecret": {"key": "k"}, "/plain": "p"})
    seed = seed_of(tmp_path, {"parameters.json": '{"/app/mode": "fast", "/app/size": 3}', "secrets.json": secrets})
    assert seed.parameters == {"/app/mode": "fast", "/app/size": "3"}
    assert json.loads(seed.secret("ApiSecret", "any") or "") == {"key": "k"}
    assert seed.secret("Other", "/plain") == "p"
    assert seed.secret("Other", "other") is None
    assert seed.parameter("Mode", "/app/mode", "slow") == "fast"
    assert seed.parameter("Other", "/other", "slow") == "slow"


def test_every_fault_of_a_seed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        seed_of(tmp_path, {"objects/Fotos/a.png": "a", "parameters.json": "[1]", "secrets.json": "{"})
    text = str(raised.value)
    hint = "the project has these buckets: Photos"
    assert f"deploy/seed/local/objects/Fotos: error: there is no bucket Fotos ({hint})" in text
    assert "deploy/seed/local/parameters.json" in text
    assert "deploy/seed/local/secrets.json" in text
