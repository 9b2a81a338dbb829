"""A parsed expression with the names and values of its request, refused where DynamoDB refuses it as it is written.

The order of the checks is DynamoDB's: of two faults it names the first in this order, not in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .checks import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    action_operands,
    check_action,
    check_apart,
    check_functions,
    check_operands,
    check_reserved,
    condition_operands,
    expression_error,
)
from .parser import parse
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
    Placeholder,
    Remove,
    Update,
    operands_of,
)


class Binder:
    """The names and values of a request; ``used`` collects those that its expressions mention."""

    def __init__(self, names: Mapping[str, str], values: Mapping[str, AttributeValue]) -> None:
        self._names = names
        self._values = values
        self.used: set[str] = set()

    def condition(self, slot: str, text: str) -> Condition:
        """Return a bound condition. Raises ExpressionError."""
        parsed = parse(slot, text)
        root: Any = parsed.root
        if parsed.redundant:
            raise expression_error(slot, "The expression has redundant parentheses;")
        check_functions(slot, root, CONDITION_FUNCTIONS, "condition", top=True)
        check_reserved(slot, condition_operands(root))
        return self._bound_condition(slot, root)

    def update(self, text: str) -> Update:
        """Return a bound update expression. Raises ExpressionError."""
        slot = "UpdateExpression"
        parsed = parse(slot, text)
        assert isinstance(parsed.root, Update)
        if parsed.redundant:
            raise expression_error(slot, "The expression has redundant parentheses;")
        written = [operand for action in parsed.root.actions for operand in action_operands(action)]
        for operand in written:
            check_functions(slot, operand, UPDATE_FUNCTIONS, "update", top=False)
        check_reserved(slot, written)
        for place, section in enumerate(parsed.root.sections):
            if section in parsed.root.sections[:place]:
                raise expression_error(slot, f'The "{section}" section can only be used once in an update expression;')
        actions = tuple(self._bound_action(slot, action) for action in parsed.root.actions)
        check_apart(slot, [target(action) for action in actions])
        for action in sorted(actions, key=lambda each: isinstance(each, Assign)):
            check_action(slot, action)
        return Update(parsed.root.sections, actions)

    def projection(self, text: str) -> tuple[Path, ...]:
        """Return the paths of a projection. Raises ExpressionError."""
        slot = "ProjectionExpression"
        written: Any = parse(slot, text).root
        check_reserved(slot, written)
        paths = [self._path(slot, operand) for operand in written]
        check_apart(slot, paths)
        return tuple(paths)

    def _bound_condition(self, slot: str, node: Condition) -> Condition:
        match node:
            case And(left, right):
                return And(self._bound_condition(slot, left), self._bound_condition(slot, right))
            case Or(left, right):
                return Or(self._bound_condition(slot, left), self._bound_condition(slot, right))
            case Negation(inner):
                return Negation(self._bound_condition(slot, inner))
            case Comparison(operator, operands):
                bound: Condition = Comparison(operator, self._operands(slot, operands))
            case Between(operands):
                bound = Between(self._operands(slot, operands))
            case In(operands):
                bound = In(self._operands(slot, operands))
            case FunctionTerm(function, operands):
                bound = FunctionTerm(function, self._operands(slot, operands))
        check_operands(slot, bound)
        return bound

    def _bound_action(self, slot: str, action: Action) -> Action:
        path = self._operand(slot, action.path)
        match action:
            case Remove():
                return Remove(path)
            case Assign(_, value):
                return Assign(path, self._operand(slot, value))
            case Add(_, value):
                return Add(path, self._operand(slot, value))
            case Delete(_, value):
                return Delete(path, self._operand(slot, value))

    def _operands(self, slot: str, operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return tuple(self._operand(slot, operand) for operand in operands)

    def _operand(self, slot: str, operand: Operand) -> Operand:
        match operand:
            case PathNode():
                return Attribute(self._path(slot, operand))
            case Placeholder(text):
                self.used.add(text)
                if text not in self._values:
                    raise expression_error(
                        slot,
                        f"An expression attribute value used in expression is not defined; attribute value: {text}",
                    )
                return Constant(self._values[text])
            case FunctionTerm(function, operands):
                bound = FunctionTerm(function, self._operands(slot, operands))
                if slot != "UpdateExpression":
                    check_operands(slot, bound)
                return bound
            case _:
                return operand

    def _path(self, slot: str, node: PathNode) -> Path:
        return tuple(self._name(slot, part.text) if isinstance(part, Name) else part for part in node.parts)

    def _name(self, slot: str, text: str) -> str:
        if not text.startswith("#"):
            return text
        self.used.add(text)
        if text not in self._names:
            raise expression_error(
                slot,
                f"An expression attribute name used in the document path is not defined; attribute name: {text}",
            )
        return self._names[text]


def check_projection(text: str) -> None:
    """Check a projection without its names. Raises ExpressionError."""
    written: Any = parse("ProjectionExpression", text).root
    check_reserved("ProjectionExpression", written)


def target(action: Action) -> Path:
    """Return the path that a bound action changes."""
    assert isinstance(action.path, Attribute)
    return action.path.path


def condition_paths(node: Condition | Operand) -> Iterator[Path]:
    """Yield the paths of a bound condition, in the order in which they are written."""
    match node:
        case And(left, right) | Or(left, right):
            yield from condition_paths(left)
            yield from condition_paths(right)
        case Negation(inner):
            yield from condition_paths(inner)
        case Attribute(path):
            yield path
        case _:
            for operand in operands_of(node):
                yield from condition_paths(operand)
