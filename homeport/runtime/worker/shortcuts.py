"""What botocore works out anew for each call, and always finds the same; and how it walks through an answer.

A function's call to DynamoDB is made of a thousand small steps, most of which lead to what the call before had. Each
shortcut gives what botocore itself would give, and is left out where this version of botocore has no such place.
"""

from __future__ import annotations

import functools
from typing import Any


def install() -> None:
    """Have every botocore client of this process, and of those forked from it, take them."""
    import botocore.auth
    import botocore.parsers
    import botocore.regions
    import botocore.useragent

    # Every call spells its User-Agent anew, twice, letter by letter, and reads its host from its URL as often.
    _remember(botocore.useragent, "sanitize_user_agent_string_component")
    _remember(botocore.useragent.UserAgentComponent, "to_string")
    _remember(botocore.auth, "_host_from_url")
    keep_user_agent(botocore.useragent)
    ask_only_for_what_may_be_there(botocore.regions)
    read_only_what_is_there(botocore.parsers)


_OF_CONFIG = ("user_agent", "user_agent_extra", "user_agent_appid")


def _remember(owner: Any, name: str) -> None:
    """Have a pure function of botocore's keep its results, where this version of botocore has it."""
    function = vars(owner).get(name)
    if function is not None:
        kept = functools.lru_cache(maxsize=1024)(function)
        # A plain function: it may be a method.
        setattr(owner, name, functools.wraps(function)(lambda *arguments, **named: kept(*arguments, **named)))


def keep_user_agent(useragent: Any) -> None:
    """Have a client's User-Agent be put together once for all calls that use the same of botocore's features."""
    get_context = getattr(useragent, "get_context", None)
    if get_context is None:
        return
    usual = useragent.UserAgentString.to_string

    def made_of(self: Any) -> tuple[Any, ...]:
        own = {name: value for name, value in vars(self).items() if name not in ("_kept", "_client_features")}
        config, context = self._client_config, get_context()
        features = frozenset(self._client_features or ()) | (context.features if context else frozenset())
        return own, *(getattr(config, name, None) for name in _OF_CONFIG), features

    @functools.wraps(usual)
    def to_string(self: Any) -> str:
        parts, kept = made_of(self), vars(self).get("_kept")
        if kept is None or kept[0] != parts:
            kept = vars(self)["_kept"] = (parts, usual(self))
        return str(kept[1])

    useragent.UserAgentString.to_string = to_string


def ask_only_for_what_may_be_there(regions: Any) -> None:
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


def read_only_what_is_there(parsers: Any) -> None:
    """Have a JSON object be read by what its shape was found to consist of the first time.

    botocore asks each object for each member that its shape may have, and each member for its name in JSON: ten times
    for every attribute of an item, which has one.
    """
    usual = vars(parsers.BaseJSONParser).get("_handle_structure")
    if usual is None:
        return

    @functools.wraps(usual)
    def handle_structure(self: Any, shape: Any, value: Any) -> Any:
        known = vars(shape).setdefault("_members_of", {})
        try:
            members = known[self.__class__]
        except KeyError:
            members = known[self.__class__] = _members(self, shape)
        if members is None or value.__class__ is not dict:
            return usual(self, shape, value)
        # In the order of the members, which is seen in what is returned; that of one is no question.
        names = value if len(value) == 1 else members
        parsed = {}
        for name in names:
            raw, member = value.get(name), members.get(name)
            if raw is not None and member is not None:
                parsed[member[0]] = raw if member[1] is None else self._parse_shape(member[1], raw)
        return parsed

    parsers.BaseJSONParser._handle_structure = handle_structure


def _members(parser: Any, shape: Any) -> dict[str, tuple[str, Any]] | None:
    """By its name in JSON, what a member is called, and its shape if that has a handler; None: the usual way."""
    if shape.is_document_type or shape.is_tagged_union:
        return None
    found = {
        own.serialization.get("name", name): (name, own if hasattr(parser, f"_handle_{own.type_name}") else None)
        for name, own in shape.members.items()
    }
    return found if len(found) == len(shape.members) else None
