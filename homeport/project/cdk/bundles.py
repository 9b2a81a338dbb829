"""Commands by which an app bundles a function's code, as they were recorded in place of being run.

``NodejsFunction`` calls esbuild; ``PythonFunction`` and the option ``bundling`` run a command in Docker, with the
sources at /asset-input.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda_nodejs-readme.html
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.BundlingOptions.html
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

MARKER = "homeport-bundle.json"
_INPUT = "/asset-input"
_DROPPED = ("--outfile", "--outdir", "--bundle", "--sourcemap", "--metafile", "--log-level", "--color", "--analyze")


class EsbuildBundle(NamedTuple):
    """A call of esbuild in the folder ``root``: the entry point relative to it, and the options."""

    root: Path
    entry: str
    options: tuple[str, ...]


class DockerBundle(NamedTuple):
    """A command in a container that fills the code's folder from the sources in ``root``."""

    root: Path
    command: str


def read_bundle(asset: Path) -> EsbuildBundle | DockerBundle | None:
    """Return how the folder of an asset would have been filled; None if its content is there."""
    try:
        written = json.loads((asset if asset.is_file() else asset / MARKER).read_text(encoding="utf-8"))
        words = [str(each) for each in written["words"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _bundle(written, words)


def _bundle(written: dict[str, Any], words: Sequence[str]) -> EsbuildBundle | DockerBundle | None:
    if written.get("kind") == "esbuild":
        return esbuild_call(words, Path(str(written.get("cwd"))))
    root = Path(str(written.get("input") or written.get("context") or ""))
    call = esbuild_call(words, root)
    shown = words[-1] if written.get("kind") == "docker" else "docker build"
    return call or DockerBundle(root, shown)


def esbuild_call(words: Sequence[str], root: Path) -> EsbuildBundle | None:
    """Return the call of esbuild in a command line, None if there is none."""
    shell = next((words[place + 1] for place, word in enumerate(words[:-1]) if word == "-c"), None)
    try:
        parts = shlex.split(shell) if shell is not None else list(words)
    except ValueError:
        return None
    start = next((place for place, word in enumerate(parts) if os.path.basename(word) == "esbuild"), None)  # noqa: PTH119
    if start is None:
        return None
    rest = parts[start + 1 :]
    end = next((place for place, word in enumerate(rest) if word in ("&&", ";", "||", "|")), len(rest))
    entries = [word for word in rest[:end] if not word.startswith("-")]
    if not entries:
        return None
    entry = Path(root, entries[0].replace(_INPUT, str(root), 1))
    out = next((word for word in rest[:end] if word.startswith("--outfile=")), "")
    options = [
        word.replace(_INPUT, str(root))
        for word in rest[:end]
        if word.startswith("-") and word.partition("=")[0].partition(":")[0] not in _DROPPED
    ]
    if out.strip("\"'").endswith(".mjs"):
        options.append("--out-extension:.js=.mjs")
    return EsbuildBundle(root, os.path.relpath(entry, root), ("--bundle", *options))
