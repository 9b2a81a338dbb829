"""Modules and data that every function needs and that take long to load: boto3, and the files of its DynamoDB client.

The worker parent loads them once, before it forks. Only modules and parsed data cross a fork, never a session, a
client or a socket. boto3 and botocore run as they are installed; two of their declared settings are used:
``Loader.FILE_LOADER_CLASS`` and ``Session.SESSION_VARIABLES``.
"""

from __future__ import annotations

import gc
import os
import site
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def preload() -> None:
    """Load boto3, and keep the data files that its DynamoDB client reads.

    What is loaded stays, and the collector that looks through it again and again would take a tenth of the time. One
    look at the end takes as long: it finds a thirtieth of the objects, and frees no memory.
    """
    gc.disable()
    try:
        _load()
    finally:
        gc.freeze()
        gc.enable()


def _load() -> None:
    import boto3.dynamodb.conditions
    import boto3.session

    set_up_botocore()
    session = boto3.session.Session("_", "_", region_name="us-east-1")
    session.client("dynamodb")
    session.resource("dynamodb")
    _add_builtins()


def set_up_botocore() -> None:
    """Have the botocore that is found now share its data files, and read no file of the developer's."""
    import botocore.loaders
    import botocore.session

    share_data_files(botocore.loaders)
    ignore_aws_config_files(botocore.session)


def loaded_from(folders: Iterable[str | Path]) -> frozenset[str]:
    """Return the top-level modules and packages that were loaded from some folders."""
    places = tuple(f"{folder}/" for folder in folders)
    files = ((name, getattr(module, "__file__", None) or "") for name, module in [*sys.modules.items()])
    return frozenset(name.partition(".")[0] for name, file in files if file.startswith(places))


def forget(modules: frozenset[str]) -> None:
    """Have the next import of some top-level modules, and of what they hold, load them again."""
    for name in [name for name in sys.modules if name.partition(".")[0] in modules]:
        del sys.modules[name]


def share_data_files(loaders: Any) -> None:
    """Have sessions share the parsed data files, which each of them would parse again: 40 of a client's 50 ms."""

    class SharedFileLoader(loaders.JSONFileLoader):  # type: ignore[misc]
        """botocore's file loader with a memory."""

        parsed: dict[str, Any] = {}  # noqa: RUF012

        def load_file(self, file_path: str) -> Any:
            """Return the content of a data file, None where there is none."""
            if file_path not in self.parsed:
                self.parsed[file_path] = super().load_file(file_path)
            return self.parsed[file_path]

    loaders.Loader.FILE_LOADER_CLASS = SharedFileLoader


def ignore_aws_config_files(session: Any) -> None:
    """Have ``botocore.session`` read no ~/.aws: Lambda has none, and here it would be the developer's own."""
    for variables in (session.Session.SESSION_VARIABLES, session.BOTOCORE_DEFAUT_SESSION_VARIABLES):
        for name in ("config_file", "credentials_file"):
            config_name, environment_name, _, conversion = variables[name]
            variables[name] = (config_name, environment_name, os.devnull, conversion)


def _add_builtins() -> None:
    # The module site, which the parent runs without (-S), adds exit() and help().
    site.setquit()
    site.sethelper()
