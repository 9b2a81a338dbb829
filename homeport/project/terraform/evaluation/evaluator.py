"""Works out expressions. What names stand for is the scope's matter: a module's variables, resources and others.

https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from homeport.project.model import Source
from homeport.project.terraform.evaluation.elements import attribute_of, entries_of, index_of
from homeport.project.terraform.evaluation.function_calls import FunctionCalls
from homeport.project.terraform.evaluation.scope import Scope
from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    GuessNotes,
    StandInText,
    as_bool,
    as_number,
    as_text,
    equal,
    tidy_number,
)
from homeport.project.terraform.language.syntax import (
    ELEMENT,
    BinaryOperation,
    ConditionalExpression,
    Expression,
    ForExpression,
    GetAttribute,
    HclCall,
    HclIndex,
    HclLiteral,
    HclName,
    HclTemplate,
    ObjectExpression,
    Splat,
    TemplateFor,
    TemplateIf,
    TemplatePart,
    TupleExpression,
    UnaryOperation,
)

_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


class HclEvaluator:
    """Works out expressions of a file in a scope; ``names`` are those of ``for``, ``each``, ``count`` and ``self``.

    ``shown_at`` is the place that stands for all places in a file that the owner did not write.
    """

    def __init__(self, scope: Scope, file: str, names: Mapping[str, Any], shown_at: Source | None = None) -> None:
        self._scope = scope
        self._file = file
        self._names = names
        self._shown_at = shown_at
        self._by_type: Mapping[type, Callable[[Any], Any]] = {
            HclLiteral: lambda node: node.value,
            HclTemplate: self._template,
            TupleExpression: self._tuple,
            ObjectExpression: self._object,
            HclName: self._name,
            GetAttribute: lambda node: attribute_of(self._of(node.target), node.name),
            HclIndex: lambda node: index_of(self._of(node.target), self._of(node.key)),
            Splat: self._splat,
            HclCall: FunctionCalls(scope, file, self._of, self._render).value,
            UnaryOperation: self._unary,
            BinaryOperation: self._binary,
            ConditionalExpression: self._conditional,
            ForExpression: self._for,
        }

    def value(self, expression: Expression) -> Any:
        """Return the value of an expression. Raises EvaluationError, which has the file and the line."""
        try:
            return self._of(expression)
        except RecursionError:
            raise EvaluationError("the values need each other in a circle", expression.line, "", self._file) from None
        except (OverflowError, ValueError) as error:
            message = f"the value can't be worked out: {error}"
            raise EvaluationError(message, expression.line, "", self._file) from error

    def entries(self, expression: Expression) -> list[tuple[Any, Any]]:
        """Return the keys and values of a collection on which hangs what is made. Raises EvaluationError.

        Of a map only its keys decide that: a value in it may be unknown.
        """
        with self._scope.notes.level() as noted:
            collection = self.value(expression)
            unknown = noted.read if isinstance(collection, StandInText) else {it for it in noted.read if it.has_keys}
            noted.decided.update(unknown)
        return [] if collection is None else list(entries_of(collection))

    def with_names(self, names: Mapping[str, Any]) -> HclEvaluator:
        """Return an evaluator of the same scope that knows more names."""
        return HclEvaluator(self._scope, self._file, {**self._names, **names}, self._shown_at)

    @property
    def notes(self) -> GuessNotes:
        """The notes of values that are not known."""
        return self._scope.notes

    def _of(self, node: Expression) -> Any:
        try:
            return self._by_type[type(node)](node)
        except EvaluationError as error:
            if not error.file:
                shown = self._shown_at or Source(self._file, error.line or node.line)
                error.file, error.line = shown.file, shown.line
            raise

    def _name(self, node: HclName) -> Any:
        return self._names[node.name] if node.name in self._names else self._scope.root(node.name)

    def _tuple(self, node: TupleExpression) -> list[Any]:
        made = [self._of(item) for item in node.items]
        return made if self._shown_at else self._scope.lines.note_list(made, self._file, node)

    def _object(self, node: ObjectExpression) -> dict[str, Any]:
        made: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, item in node.items:
            name = as_text(self._of(key))
            made[name] = self._of(item)
            lines[name] = key.line
        return made if self._shown_at else self._scope.lines.note_map(made, self._file, node.line, lines)

    def _template(self, node: HclTemplate) -> Any:
        if len(node.parts) == 1 and not isinstance(node.parts[0], str | TemplateIf | TemplateFor):
            # "${x}" is x itself, of whatever type.
            return self._of(node.parts[0])
        with self._scope.notes.level() as noted:
            text = self._text(node.parts)
        return StandInText(text) if noted.read and self._is_unknown(node.parts) else text

    def _is_unknown(self, parts: Sequence[TemplatePart]) -> bool:
        """Return whether the text is but a placeholder: nothing of it is written."""
        return all(not isinstance(part, str) for part in parts)

    def _text(self, parts: Sequence[TemplatePart]) -> str:
        return "".join(text for part in parts for text in self._texts(part))

    def _texts(self, part: TemplatePart) -> Iterator[str]:
        match part:
            case str():
                yield part
            case TemplateIf(condition, then, otherwise):
                yield self._text(then if self._condition(condition) else otherwise)
            case TemplateFor(key, name, collection, inner):
                for position, element in entries_of(self._of(collection)):
                    yield self.with_names({key: position, name: element} if key else {name: element})._text(inner)
            case _:
                yield as_text(self._of(part))

    def _splat(self, node: Splat) -> list[Any]:
        target = self._of(node.target)
        if target is None:
            return []
        elements = target if isinstance(target, list) else [target]
        return [self.with_names({ELEMENT: element})._of(node.each) for element in elements]

    def _condition(self, node: Expression) -> bool:
        with self._scope.notes.level(decides=True):
            return as_bool(self._of(node))

    def _conditional(self, node: ConditionalExpression) -> Any:
        return self._of(node.then if self._condition(node.condition) else node.otherwise)

    def _unary(self, node: UnaryOperation) -> Any:
        value = self._of(node.operand)
        return not as_bool(value) if node.operator == "!" else -as_number(value)

    def _binary(self, node: BinaryOperation) -> Any:
        operator, left = node.operator, self._of(node.left)
        match operator:
            case "&&":
                return as_bool(left) and as_bool(self._of(node.right))
            case "||":
                return as_bool(left) or as_bool(self._of(node.right))
        if operator in ("==", "!="):
            return self._equality(node) is (operator == "==")
        left, right = as_number(left), as_number(self._of(node.right))
        if operator in _ARITHMETIC:
            result = _ARITHMETIC[operator](left, right)
            return result if isinstance(result, bool) else tidy_number(result)
        if right == 0:
            raise EvaluationError("a division by zero")
        if operator == "%":
            return left - right * int(left / right)
        return tidy_number(left / right)

    def _equality(self, node: BinaryOperation) -> bool:
        with self._scope.notes.level(keeps=False) as noted:
            left, right = self._of(node.left), self._of(node.right)
        texts = [each for each in (left, right) if isinstance(each, StandInText)]
        if len(texts) == 1 and (left in (None, "") or right in (None, "")):
            # A value that is not known is neither null nor empty.
            return False
        self._scope.notes.add(noted)
        return equal(left, right)

    def _for(self, node: ForExpression) -> Any:
        made: dict[str, Any] = {}
        results: list[Any] = []
        for position, element in entries_of(self._of(node.collection)):
            inner = self.with_names({node.key: position, node.name: element} if node.key else {node.name: element})
            if node.condition is not None and not inner._condition(node.condition):
                continue
            result = inner._of(node.result)
            if node.result_key is None:
                results.append(result)
                continue
            name = as_text(inner._of(node.result_key))
            if node.groups:
                made.setdefault(name, []).append(result)
            else:
                made[name] = result
        return results if node.result_key is None else made

    def _render(self, template: Expression, names: Mapping[str, Any], file: str) -> str:
        return as_text(HclEvaluator(self._scope, file, names).value(template))
