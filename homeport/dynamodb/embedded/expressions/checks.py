"""Checks of an expression as it is written, whatever the item: functions, reserved words, operands and their types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from . import ExpressionError
from .reserved import RESERVED
from .tree import (
    Action,
    Add,
    And,
    Assign,
    Attribute,
    AttributeValue,
    Between,
    Comparison,
    Condition,
    Constant,
    Delete,
    FunctionTerm,
    In,
    Name,
    Negation,
    Operand,
    Or,
    Path,
    PathNode,
    Remove,
    kind_of,
    operands_of,
    written_path,
)
from .values import ORDERED, SETS, holds_in_order

CONDITION_FUNCTIONS = {
    **{"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2},
    **{"begins_with": 2, "contains": 2, "size": 1},
}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_TYPE_WORDS = {
    **{"S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING SET", "NS": "NUMBER SET", "BS": "BINARY SET"},
    **{"M": "MAP", "L": "LIST", "BOOL": "BOOLEAN", "NULL": "NULL"},
}


def expression_error(slot: str, message: str) -> ExpressionError:
    """Return the error of an expression; ``slot`` is its parameter."""
    return ExpressionError(f"Invalid {slot}: {message}")


def condition_operands(node: Condition) -> Iterator[Operand]:
    """Yield the operands of a parsed condition."""
    match node:
        case And(left, right) | Or(left, right):
            yield from condition_operands(left)
            yield from condition_operands(right)
        case Negation(inner):
            yield from condition_operands(inner)
        case _:
            yield from operands_of(node)


def action_operands(action: Action) -> tuple[Operand, ...]:
    """Return the operands of an action."""
    return (action.path,) if isinstance(action, Remove) else (action.path, action.value)


def check_functions(slot: str, node: Condition | Operand, known: Mapping[str, int], kind: str, *, top: bool) -> None:
    """Refuse unknown functions, and known ones where they can't be. ``top`` is True where a condition stands."""
    match node:
        case And(left, right) | Or(left, right):
            check_functions(slot, left, known, kind, top=True)
            check_functions(slot, right, known, kind, top=True)
            return
        case Negation(inner):
            check_functions(slot, inner, known, kind, top=True)
            return
        case FunctionTerm(function, _) if function not in ("+", "-"):
            _check_function(slot, function, known, kind, top=top)
    for operand in operands_of(node):
        check_functions(slot, operand, known, kind, top=False)


def _check_function(slot: str, function: str, known: Mapping[str, int], kind: str, *, top: bool) -> None:
    if function not in CONDITION_FUNCTIONS and function not in UPDATE_FUNCTIONS:
        raise expression_error(slot, f"Invalid function name; function: {function}")
    if function not in known:
        article = "an" if kind == "update" else "a"
        raise expression_error(
            slot, f"The function is not allowed in {article} {kind} expression; function: {function}"
        )
    if kind == "condition" and top == (function == "size"):
        raise expression_error(
            slot, f"The function is not allowed to be used this way in an expression; function: {function}"
        )


def check_reserved(slot: str, operands: Iterable[Operand]) -> None:
    """Refuse reserved words in the paths of parsed operands."""
    for operand in operands:
        if isinstance(operand, PathNode):
            for part in operand.parts:
                if isinstance(part, Name) and part.text.upper() in RESERVED:
                    raise expression_error(slot, f"Attribute name is a reserved keyword; reserved keyword: {part.text}")
        elif isinstance(operand, FunctionTerm):
            check_reserved(slot, operand.operands)


def check_apart(slot: str, paths: list[Path]) -> None:
    """Refuse two paths of which one is the other, or leads to it, or takes a list for a map."""
    for place, later in enumerate(paths):
        for earlier in paths[:place]:
            word = _conflict(earlier, later)
            if word:
                message = (
                    f"Two document paths {word} with each other; must remove or rewrite one of these paths; "
                    f"path one: {written_path(earlier)}, path two: {written_path(later)}"
                )
                raise expression_error(slot, message)


def _conflict(earlier: Path, later: Path) -> str:
    for one, other in zip(earlier, later, strict=False):
        if isinstance(one, int) != isinstance(other, int):
            return "conflict"
        if one != other:
            return ""
    return "overlap"


def _static_type(operand: Operand) -> str:
    """Return the type that an operand has on every item, "" for one that the item decides."""
    match operand:
        case Constant(value):
            return kind_of(value)
        case FunctionTerm("size", _):
            return "N"
        case _:
            return ""


def check_operands(slot: str, node: Condition) -> None:
    """Refuse operands of a condition: their number, then equal ones, then their types."""
    match node:
        case FunctionTerm(function, operands):
            if len(operands) != CONDITION_FUNCTIONS.get(function, len(operands)):
                raise _count_error(slot, function, len(operands))
            if function == "contains":
                _check_distinct(slot, function, operands)
            _check_call_types(slot, function, operands)
        case Comparison(operator, operands):
            _check_distinct(slot, operator, operands)
            if operator not in ("=", "<>"):
                _check_ordered(slot, operator, operands)
        case Between(operands):
            _check_ordered(slot, "BETWEEN", operands)
            _check_bounds(slot, operands[1], operands[2])
        case In(operands):
            _check_distinct(slot, "IN", operands)


def _count_error(slot: str, function: str, count: int) -> ExpressionError:
    return expression_error(
        slot,
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function}, number of operands: {count}",
    )


def _type_error(slot: str, function: str, kind: str) -> ExpressionError:
    return expression_error(
        slot,
        f"Incorrect operand type for operator or function; operator or function: {function}, operand type: {kind}",
    )


def _check_distinct(slot: str, operator: str, operands: tuple[Operand, ...]) -> None:
    first = operands[0]
    if isinstance(first, Attribute) and first in operands[1:]:
        raise expression_error(
            slot,
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {operator}, first operand: {written_path(first.path)}",
        )


def _check_ordered(slot: str, operator: str, operands: tuple[Operand, ...]) -> None:
    for operand in operands:
        kind = _static_type(operand)
        if kind and kind not in ORDERED:
            raise _type_error(slot, operator, kind)


def _check_bounds(slot: str, low: Operand, high: Operand) -> None:
    if not (isinstance(low, Constant) and isinstance(high, Constant)) or len(low.value) != 1 or len(high.value) != 1:
        return
    (low_kind, low_content), (high_kind, high_content) = *low.value.items(), *high.value.items()
    bounds = (
        f"lower bound operand: AttributeValue: {{{low_kind}:{low_content}}}, "
        f"upper bound operand: AttributeValue: {{{high_kind}:{high_content}}}"
    )
    if low_kind != high_kind:
        message = "The BETWEEN operator requires same data type for lower and upper bounds"
        raise expression_error(slot, f"{message}; {bounds}")
    if holds_in_order(low.value, ">", high.value):
        message = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise expression_error(slot, f"{message}; {bounds}")


def _check_call_types(slot: str, function: str, operands: tuple[Operand, ...]) -> None:
    match function:
        case "attribute_exists" | "attribute_not_exists" if not isinstance(operands[0], Attribute):
            raise expression_error(
                slot, f"Operator or function requires a document path; operator or function: {function}"
            )
        case "begins_with":
            for operand in operands:
                if _static_type(operand) not in ("", "S", "B"):
                    raise _type_error(slot, function, _static_type(operand))
        case "attribute_type":
            kind = _static_type(operands[1])
            if kind != "S":
                raise _type_error(slot, function, kind or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
            assert isinstance(operands[1], Constant)
            named = operands[1].value["S"]
            if named not in _TYPES:
                valid = ",".join(_TYPES)
                raise expression_error(
                    slot, f"Invalid attribute type name found; type: {named}, valid types: {{{valid}}}"
                )
        case "size" if _static_type(operands[0]) in ("N", "BOOL", "NULL"):
            raise _type_error(slot, function, _static_type(operands[0]))


def check_action(slot: str, action: Action) -> None:
    """Refuse operands of a bound action."""
    match action:
        case Add(_, Constant(value)) if kind_of(value) not in SETS | {"N"}:
            raise _section_error(slot, "ADD", value)
        case Delete(_, Constant(value)) if kind_of(value) not in SETS:
            raise _section_error(slot, "DELETE", value)
        case Assign(_, value):
            _check_value(slot, value)


def _section_error(slot: str, section: str, value: AttributeValue) -> ExpressionError:
    # AWS names the set of ADD for both: https://github.com/paritysuite/dynamodb-conformance
    kind = _TYPE_WORDS.get(kind_of(value), kind_of(value))
    return expression_error(
        slot,
        f"Incorrect operand type for operator or function; operator: {section}, operand type: {kind}, "
        "typeSet: ALLOWED_FOR_ADD_OPERAND",
    )


def _check_value(slot: str, value: Operand) -> None:
    """Refuse operands of a SET's value."""
    if not isinstance(value, FunctionTerm):
        return
    function, operands = value.function, value.operands
    if len(operands) != UPDATE_FUNCTIONS.get(function, len(operands)):
        raise _count_error(slot, function, len(operands))
    if function == "if_not_exists" and not isinstance(operands[0], Attribute):
        raise expression_error(slot, f"Operator or function requires a document path; operator or function: {function}")
    wanted = {"list_append": "L", "+": "N", "-": "N"}.get(function, "")
    for operand in operands:
        kind = kind_of(operand.value) if isinstance(operand, Constant) else ""
        if wanted and kind not in ("", wanted):
            raise _type_error(slot, function, kind)
        _check_value(slot, operand)
