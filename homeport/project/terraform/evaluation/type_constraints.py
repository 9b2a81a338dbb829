"""The types of variables: conversions to them, defaults of optional attributes, and placeholders for missing values.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    LazyObject,
    SetOf,
    StandInText,
    as_bool,
    as_number,
    as_text,
    describe,
)
from homeport.project.terraform.language.parser import parse_expression
from homeport.project.terraform.language.syntax import (
    Expression,
    HclCall,
    HclError,
    HclLiteral,
    HclName,
    ObjectExpression,
    TupleExpression,
)

_Made = TypeVar("_Made")
Evaluate = Callable[[Expression], Any]
_WORDS = (
    *(("email", "nobody@example.com"), ("origin", "https://example.com"), ("url", "https://example.com")),
    *(("domain", "example.com"), ("arn", "arn:aws:::placeholder"), ("region", "us-east-1")),
)
"""What stands for a text whose variable has such a word in its name."""


def convert(value: Any, type: Expression | None, evaluate: Evaluate) -> Any:
    """Return a value as a variable of a type has it. ``evaluate`` is for the defaults in it. Raises EvaluationError."""
    if value is None or isinstance(value, StandInText | LazyObject):
        return value
    match type:
        case HclName("string"):
            return as_text(value)
        case HclName("number"):
            return as_number(value)
        case HclName("bool"):
            return as_bool(value)
        case HclCall(name, arguments):
            return _collection(value, name, arguments, evaluate)
    return value


def _collection(value: Any, name: str, arguments: tuple[Expression, ...], evaluate: Evaluate) -> Any:
    inner = arguments[0] if arguments else None
    match name, value:
        case "optional", _:
            return convert(value, inner, evaluate)
        case (("list" | "set"), list()):
            made = [convert(each, inner, evaluate) for each in value]
            return SetOf.of(made) if name == "set" else _unless_same(made, value)
        case "tuple", list() if isinstance(inner, TupleExpression):
            return [convert(each, type, evaluate) for each, type in zip(value, inner.items, strict=False)]
        case "map", dict():
            return _unless_same({key: convert(each, inner, evaluate) for key, each in value.items()}, value)
        case "object", dict() if isinstance(inner, ObjectExpression):
            return _object(value, inner, evaluate)
    raise EvaluationError(f"{describe(value)} is no {name}")


def _unless_same(made: _Made, value: Any) -> _Made:
    """Return the value itself where nothing changes: it knows its lines."""
    return value if made == value and type(made) is type(value) else made


def _object(value: dict[str, Any], shape: ObjectExpression, evaluate: Evaluate) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, type in shape.items:
        name = key.value if isinstance(key, HclLiteral) else ""
        optional = isinstance(type, HclCall) and type.name == "optional"
        if value.get(name) is not None:
            made[name] = convert(value[name], type, evaluate)
        elif optional and isinstance(type, HclCall) and len(type.arguments) > 1:
            made[name] = convert(evaluate(type.arguments[1]), type.arguments[0], evaluate)
        elif optional or name in value:
            made[name] = None
        else:
            raise EvaluationError(f"the object has no {name!r}")
    return _unless_same(made, value)


def parsed_text(text: str, type: Expression | None, evaluate: Evaluate) -> Any:
    """Return the value that a text gives a variable, on a command line or in the shell. Raises EvaluationError.

    The text is an expression, unless the variable is a text itself.
    https://developer.hashicorp.com/terraform/language/values/variables#complex-typed-values
    """
    if type is None or isinstance(type, HclName):
        return convert(text, type, evaluate)
    try:
        return convert(evaluate(parse_expression(text)), type, evaluate)
    except HclError as error:
        raise EvaluationError(f"{text!r} is no expression: {error.message}") from error


def placeholder_of(name: str, type: Expression | None) -> Any:
    """Return what stands for a variable that has no value."""
    match type:
        case HclName("number"):
            return 1
        case HclName("bool"):
            return False
        case HclCall("list" | "set" | "tuple"):
            return []
        case HclCall("map"):
            return {}
        case HclCall("optional"):
            return None
        case HclCall("object", (ObjectExpression(items), *_)):
            names = [(key.value, inner) for key, inner in items if isinstance(key, HclLiteral)]
            return {key: placeholder_of(str(key), inner) for key, inner in names}
    return StandInText(next((text for word, text in _WORDS if word in name.lower()), name))
