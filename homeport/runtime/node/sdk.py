"""The AWS SDK for JavaScript (version 3), which Lambda's Node.js runtimes bring: kept once per machine.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from homeport.package_cache import Say, make_once
from homeport.runtime.node.launch import NodeInterpreter
from homeport.runtime.node.npm import find_npm, run_npm

_FILES = tuple(Path(__file__).parent / "sdk_packages" / name for name in ("package.json", "package-lock.json"))
# The declarations and ES modules of the packages, which Node.js never reads: two thirds of their size.
_UNUSED = ("dist-types", "dist-es")


def node_sdk(cache: Path, node: NodeInterpreter, say: Say) -> Path:
    """Return the folder that has the SDK's clients in ``node_modules``, after installing them once.

    They run on each Node.js that the bootstrap runs on. Raises SetupError with npm's own message.
    """
    folder = sdk_folder(cache)

    def install(draft: Path) -> None:
        say(f"installing the AWS SDK for JavaScript {sdk_version()} into {folder} (once)")
        for file in _FILES:
            shutil.copyfile(file, draft / file.name)
        run_npm(find_npm(node.path), draft, "ci", "--omit=dev", shown="the AWS SDK for JavaScript", node=node.path)
        for name in _UNUSED:
            for unused in draft.glob(f"node_modules/@*/*/{name}"):
                shutil.rmtree(unused)

    return make_once(folder, install)


def sdk_folder(cache: Path) -> Path:
    """Return the folder of the SDK, which may not exist yet."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in _FILES)).hexdigest()
    return cache / f"node-sdk-{digest[:16]}"


def sdk_version() -> str:
    """Return the version of the SDK's DynamoDB client, which stands for that of the SDK."""
    version: str = json.loads(_FILES[0].read_text(encoding="utf-8"))["dependencies"]["@aws-sdk/client-dynamodb"]
    return version
