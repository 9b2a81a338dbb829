"""Commands that bundle code, as the recorder notes them, in each form in which the CDK makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.project.cdk.bundles import MARKER, DockerBundle, EsbuildBundle, read_bundle

ESBUILD = ["esbuild", "--bundle", "{root}/src/hello.ts", "--target=node22", "--platform=node"]
ESBUILD += ["--outfile={root}/out/index.js", "--external:@aws-sdk/*", "--minify", "--sourcemap"]
OPTIONS = ("--bundle", "--target=node22", "--platform=node", "--external:@aws-sdk/*", "--minify")


def bundle_of(folder: Path, content: dict[str, Any]) -> EsbuildBundle | DockerBundle | None:
    (folder / MARKER).write_text(json.dumps(content))
    return read_bundle(folder)


@pytest.mark.parametrize("shell", [False, True], ids=["words", "shell"])
def test_a_call_of_esbuild_keeps_its_entry_point_and_options(tmp_path: Path, shell: bool) -> None:
    words = [word.replace("{root}", str(tmp_path)) for word in ESBUILD]
    sent = ["bash", "-c", f"npx --no-install {' '.join(words)} && echo done"] if shell else ["npx", *words]
    found = bundle_of(tmp_path, {"kind": "esbuild", "words": sent, "cwd": str(tmp_path)})
    assert found == EsbuildBundle(tmp_path, "src/hello.ts", OPTIONS)


def test_esbuild_in_a_container_reads_the_folder_that_is_mounted(tmp_path: Path) -> None:
    command = "esbuild --bundle '/asset-input/src/hello.ts' --format=esm --outfile=/asset-output/index.mjs"
    words = ["docker", "run", "-v", f"{tmp_path}:/asset-input:delegated", "image", "bash", "-c", command]
    found = bundle_of(tmp_path, {"kind": "docker", "input": str(tmp_path), "words": words})
    options = ("--bundle", "--format=esm", "--out-extension:.js=.mjs")
    assert found == EsbuildBundle(tmp_path, "src/hello.ts", options)


def test_a_command_in_a_container_is_known_by_its_sources(tmp_path: Path) -> None:
    command = "pip install -r requirements.txt -t /asset-output && cp -au . /asset-output"
    words = ["docker", "run", "image", "bash", "-c", command]
    found = bundle_of(tmp_path, {"kind": "docker", "input": str(tmp_path), "words": words})
    assert found == DockerBundle(tmp_path, command)


@pytest.mark.parametrize("content", [{}, {"words": 7}, {"kind": "esbuild", "words": ["bash", "-c", "esbuild 'x"]}])
def test_a_marker_that_is_none_is_no_bundle_of_esbuild(tmp_path: Path, content: dict[str, Any]) -> None:
    assert not isinstance(bundle_of(tmp_path, content), EsbuildBundle)


def test_an_archive_that_was_not_made_is_known_by_its_command(tmp_path: Path) -> None:
    file = tmp_path / "asset.zip"
    words = ["docker", "run", "image", "bash", "-c", "zip -r /asset-output/function.zip ."]
    file.write_text(json.dumps({"kind": "docker", "input": str(tmp_path), "words": words}))
    assert read_bundle(file) == DockerBundle(tmp_path, words[-1])


def test_a_folder_without_a_marker_is_an_asset(tmp_path: Path) -> None:
    assert read_bundle(tmp_path) is None
