"""The keys of ``x-homeport``: of an operation, an authorizer, a function without a route, a path and the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeport.project.features import words
from homeport.project.keys.rates import THROTTLE
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import (
    EitherValue,
    ElsewhereValue,
    FlagValue,
    ListValue,
    MapValue,
    NameRule,
    TextValue,
    WordValue,
)
from homeport.project.lambda_settings import (
    ARCHITECTURE,
    CONCURRENCY,
    MEMORY,
    TIMEOUT,
    VARIABLES_WITH_FUNCTIONS,
    RuntimeValue,
)
from homeport.project.openapi.policy_statement import StatementValue
from homeport.project.source.cursor import Cursor

ON_INDEX = frozenset(words("actions on an index"))
ON_TABLE = frozenset(words("actions on a table"))
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html"""

_FUNCTION_NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
_FUNCTION_MESSAGE = "the function name {name!r} is not one of Lambda's"
_FUNCTION_HINT = "use up to 64 letters, digits, - and _, a letter first"
_POLICY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"


@dataclass(frozen=True, slots=True)
class ActionsValue:
    """Actions of DynamoDB by table (``ItemsTable``) or index (``ItemsTable/byStatus``)."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> dict[str, tuple[str, ...]] | None:
        """Return the actions as they are written, without ``dynamodb:``; ``check_access`` says which do not exist."""
        if not cursor.is_map("a map from tables to actions"):
            return None
        return {target: tuple(action_name(name) for name in cursor.texts(target)) for target in cursor.value}

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {
            "type": "object",
            "patternProperties": {"/": _actions_schema(ON_INDEX)},
            "additionalProperties": _actions_schema(ON_TABLE),
        }

    def words(self) -> str:
        """Return the type in words."""
        return "a map from a table or `TABLE/INDEX` to a list of actions"


def _actions_schema(actions: frozenset[str]) -> dict[str, Any]:
    names = sorted(actions)
    return {"type": "array", "items": {"enum": [*names, *(f"dynamodb:{name}" for name in names)]}}


def action_name(name: str) -> str:
    """Return an action's name without its service."""
    return name.removeprefix("dynamodb:")


NONE = "none"
"""The word for a part that an API does not have, although it looks so."""

ROLES = ("creates", "reads", "replaces", "changes", "deletes", "lists", "acts", NONE)
"""What an operation does to its resource."""

_PARAMETER = TextValue(shape="the name of a parameter")
_CURSOR = Section(
    "x-homeport.resource.cursor",
    (
        SectionKey("parameter", _PARAMETER, "The query parameter that takes the cursor."),
        SectionKey("answer", TextValue(shape="the place in the answer"), "The place of the next cursor in the answer."),
    ),
)
_OF_RESOURCE = (
    SectionKey("name", TextValue(), "The resource. Paths with the same name are one resource."),
    SectionKey("id", TextValue(), "The property with the resource's id."),
    SectionKey("version", TextValue(), "The property that counts writes."),
    SectionKey("idempotencyKey", TextValue(), "The header that makes a create idempotent."),
    SectionKey(
        "items",
        EitherValue(list, ListValue(TextValue()), TextValue(shape="such as `data.items`")),
        "The place of a list's entries.",
    ),
    SectionKey(
        "cursor", EitherValue(dict, _CURSOR, _PARAMETER), "The query parameter that takes a page's cursor, or `none`."
    ),
    SectionKey(
        "limit", TextValue(shape="the name of a parameter"), "The query parameter for a page's size, or `none`."
    ),
    SectionKey(
        "filters",
        EitherValue(dict, MapValue(TextValue(), "a parameter"), WordValue((NONE,))),
        "The properties by which a list is filtered, or `none`. Parameters of ranges (`minPrice`) are among them.",
    ),
    SectionKey("sort", TextValue(), "The order that a list always has, such as `-createdAt`, or `none`."),
    SectionKey("put", WordValue(("replaces", "merges")), "What PUT does to the properties that a request leaves out."),
    SectionKey("eventual", FlagValue(), "`true`: the list may lag behind writes."),
)
_RESOURCE_KIND = "a map such as {name: orders, sort: -createdAt}"
_ROLE = SectionKey("role", WordValue(ROLES), "What the operation does to the resource.")
RESOURCE_OF_OPERATION = Section("x-homeport.resource", (*_OF_RESOURCE[:1], _ROLE, *_OF_RESOURCE[1:]), _RESOURCE_KIND)
_NO_ROLE = SectionKey(
    "role", ElsewhereValue("a role is an operation's", "put it into x-homeport of each operation"), ""
)
RESOURCE_OF_PATH = Section("x-homeport.resource", (*_OF_RESOURCE, _NO_ROLE), _RESOURCE_KIND)
"""What a document says of its resources to the contract tests. Deployments ignore it."""

_OF_STAGE = "that of the stage"
_FUNCTION = (
    SectionKey(
        "handler",
        TextValue(shape="a module, `module.function` or a file"),
        "The handler in `service/`, or in the folder of `code`.",
        absent="`service/handlers/create_note.py` for the operation `createNote`",
        source="https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",
    ),
    SectionKey(
        "code",
        TextValue(shape="a folder of the project"),
        "A folder with code of its own, which is deployed instead of `service/`.",
    ),
    SectionKey(
        "function",
        TextValue(_FUNCTION_NAME, "the function name {value!r} is not one of Lambda's", _FUNCTION_HINT, "a name"),
        "The function that serves the operation. Operations with the same name share one function.",
        absent="a function of its own: `create-note` for `createNote`",
    ),
    SectionKey(
        "runtime",
        RuntimeValue(),
        "The runtime. One of Python needs `code`; one of Node.js chooses where there is a handler in each language.",
        absent=_OF_STAGE,
        source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    ),
    SectionKey("architecture", ARCHITECTURE, "The architecture on AWS. Needs `code`.", absent=_OF_STAGE),
    SectionKey(
        "layers",
        ListValue(TextValue(shape="a folder or an ARN")),
        "Layers in their order: folders of the project, or ARNs. A function in Python needs `code` for them.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html",
    ),
    SectionKey(
        "memory",
        MEMORY,
        "Memory in MB.",
        absent=_OF_STAGE,
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
    ),
    SectionKey(
        "timeout",
        TIMEOUT,
        "Seconds after which an invocation is ended.",
        absent=_OF_STAGE,
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    ),
    SectionKey(
        "reservedConcurrency",
        CONCURRENCY,
        "Environments that the function may have at once; over it, Lambda throttles.",
        absent=_OF_STAGE,
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    ),
    SectionKey(
        "environment",
        VARIABLES_WITH_FUNCTIONS,
        "Variables of the function, over those of the stage. `!Ref` and `!GetAtt` may name resources of "
        "`deploy/resources.yaml`.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
    ),
    SectionKey(
        "access",
        ActionsValue(),
        "The DynamoDB actions that the function may use: its role on AWS, enforced here, and each proven to be used by "
        "the contract tests. The function has the table's name in a variable, `ITEMS_TABLE` for `ItemsTable`.",
        source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    ),
    SectionKey(
        "policies",
        ListValue(StatementValue()),
        "IAM statements for everything else that the function may do.",
        source=_POLICY,
    ),
)
_OF_ROUTE = (
    SectionKey(
        "resource",
        RESOURCE_OF_OPERATION,
        "Corrections of what the contract tests infer about the operation's resource.",
    ),
    SectionKey(
        "throttle",
        THROTTLE,
        "The throttle of this route.",
        absent=_OF_STAGE,
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
    ),
)

FUNCTION = Section("x-homeport", _FUNCTION, of_aws=True)
"""``x-homeport`` beside an authorizer."""

_NAMED = SectionKey("function", ElsewhereValue("{map!r} is the name of the function already", "remove it"), "")
NAMED_FUNCTION = Section("x-homeport", (*(key for key in _FUNCTION if key.name != "function"), _NAMED), of_aws=True)
"""A function without a route."""

OPERATION = Section("x-homeport", (*_FUNCTION, *_OF_ROUTE), of_aws=True)
"""``x-homeport`` of an operation."""

PATH = Section(
    "x-homeport of a path",
    (
        SectionKey(
            "resource",
            RESOURCE_OF_PATH,
            "Corrections of what the contract tests infer about the resource of all operations of the path.",
        ),
    ),
)
"""``x-homeport`` of a path."""

FUNCTION_NAMES = NameRule(_FUNCTION_NAME, _FUNCTION_MESSAGE, _FUNCTION_HINT)
DOCUMENT = Section(
    "x-homeport of the document",
    (
        SectionKey(
            "functions",
            MapValue(NAMED_FUNCTION, "a function", FUNCTION_NAMES, or_nothing=True),
            "Functions that serve no route, by name: what queues, streams, schedules and other triggers invoke.",
        ),
    ),
)
"""``x-homeport`` at the top of the document."""
