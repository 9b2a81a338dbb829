"""What every function needs and takes long to load: boto3, and the data files a DynamoDB client is made from.

It is loaded once, before any fork. A session or a socket never crosses a fork; only modules and parsed data do.
"""

from __future__ import annotations

import functools
import gc
import os
import site
from typing import Any

from . import transport


def preload() -> None:
    """Load boto3, and keep what its clients read from files for the processes forked later."""
    import boto3.dynamodb.conditions
    import boto3.session
    import botocore.auth
    import botocore.loaders
    import botocore.regions
    import botocore.session
    import botocore.useragent

    # Every call spells its User-Agent anew, twice, letter by letter, and reads its host from its URL as often.
    _remember(botocore.useragent, "sanitize_user_agent_string_component")
    _remember(botocore.useragent.UserAgentComponent, "to_string")
    _keep_user_agent(botocore.useragent)
    _ask_only_for_what_may_be_there(botocore.regions)
    _remember(botocore.auth, "_host_from_url")
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


def _remember(owner: Any, name: str) -> None:
    """Have a pure function of botocore's keep its results, where this version of botocore has it."""
    function = vars(owner).get(name)
    if function is not None:
        kept = functools.lru_cache(maxsize=1024)(function)
        # A plain function: it may be a method.
        setattr(owner, name, functools.wraps(function)(lambda *arguments, **named: kept(*arguments, **named)))


def _keep_user_agent(useragent: Any) -> None:
    """Have a client's User-Agent be put together once for all calls that use the same of botocore's features."""
    get_context = getattr(useragent, "get_context", None)
    if get_context is None:
        return
    usual = useragent.UserAgentString.to_string

    def made_of(self: Any) -> tuple[Any, ...]:
        own = {name: value for name, value in vars(self).items() if name not in ("_kept", "_client_features")}
        config = {} if self._client_config is None else vars(self._client_config)
        context = get_context()
        features = frozenset(self._client_features or ()) | (context.features if context else frozenset())
        return own, {name: value for name, value in config.items() if "user_agent" in name}, features

    @functools.wraps(usual)
    def to_string(self: Any) -> str:
        parts, kept = made_of(self), vars(self).get("_kept")
        if kept is None or kept[0] != parts:
            kept = vars(self)["_kept"] = (parts, usual(self))
        return str(kept[1])

    useragent.UserAgentString.to_string = to_string


def _ask_only_for_what_may_be_there(regions: Any) -> None:
    """Have an endpoint's parameters be looked for only in operations and clients that declare one of that name.

    botocore asks four places for each of nine parameters in each call; DynamoDB's operations declare one or two.
    """
    usual = getattr(regions.EndpointRulesetResolver, "_resolve_param_from_context", None)
    if usual is None:
        return

    def declared(self: Any, operation: Any) -> frozenset[str]:
        own = (operation.static_context_parameters, operation.context_parameters)
        listed = (*own, self._service_model.client_context_parameters)
        names = {parameter.name for parameters in listed for parameter in parameters}
        return frozenset(names | set(getattr(operation, "operation_context_parameters", ())))

    @functools.wraps(usual)
    def resolve(self: Any, param_name: str, operation_model: Any, call_args: Any) -> Any:
        known = vars(self).setdefault("_declared", {})
        names = known.get(operation_model.name)
        if names is None:
            names = known[operation_model.name] = declared(self, operation_model)
        return usual(self, param_name, operation_model, call_args) if param_name in names else None

    regions.EndpointRulesetResolver._resolve_param_from_context = resolve


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
