"""What every function needs and takes long to load: boto3, and the data files a DynamoDB client is made from.

It is loaded once, before any fork. A session or a socket never crosses a fork; only modules and parsed data do.
"""

from __future__ import annotations

import functools
import gc
import os
import site
from typing import Any

from . import shortcuts, transport


def preload() -> None:
    """Load boto3, and keep what its clients read from files for the processes forked later."""
    import boto3.dynamodb.conditions
    import boto3.session
    import botocore.loaders
    import botocore.session

    shortcuts.install()
    transport.install()
    _share_data_files(botocore.loaders)
    forget_home(botocore.session)
    session = boto3.session.Session("_", "_", region_name="us-east-1")
    session.client("dynamodb")
    session.resource("dynamodb")
    _add_builtins()
    del session
    gc.collect()
    gc.freeze()


def _share_data_files(loaders: Any) -> None:
    # Every boto3 session reads and parses the same files anew: 40 of the 50 ms that a client takes.
    loaders.JSONFileLoader.load_file = _by_path(loaders.JSONFileLoader.load_file)
    loaders.Loader.list_available_services = _by_search_path(loaders.Loader.list_available_services)


def _by_path(load_file: Any) -> Any:
    known: dict[str, Any] = {}

    @functools.wraps(load_file)
    def load(self: Any, file_path: str) -> Any:
        if file_path not in known:
            known[file_path] = load_file(self, file_path)
        return known[file_path]

    return load


def _by_search_path(list_services: Any) -> Any:
    known: dict[tuple[str, ...], list[str]] = {}

    @functools.wraps(list_services)
    def list_available(self: Any, type_name: str) -> list[str]:
        key = (type_name, *self.search_paths)
        if key not in known:
            known[key] = list_services(self, type_name)
        return list(known[key])

    return list_available


def forget_home(session: Any) -> None:
    """Have ``botocore.session`` look for no ~/.aws: Lambda has none, and here it would be the developer's own."""
    for variables in (session.Session.SESSION_VARIABLES, session.BOTOCORE_DEFAUT_SESSION_VARIABLES):
        for name in ("config_file", "credentials_file"):
            config_name, environment_name, _, conversion = variables[name]
            variables[name] = (config_name, environment_name, os.devnull, conversion)


def _add_builtins() -> None:
    # exit() and help() come with the module site, which the parent does without.
    site.setquit()
    site.sethelper()
