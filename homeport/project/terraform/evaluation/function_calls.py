"""Calls of Terraform's functions in expressions.

https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from homeport.project.terraform.evaluation.elements import entries_of
from homeport.project.terraform.evaluation.functions import FUNCTIONS
from homeport.project.terraform.evaluation.scope import Scope
from homeport.project.terraform.evaluation.values import EvaluationError, FileText, LazyObject, as_text, describe
from homeport.project.terraform.language.parser import parse_template
from homeport.project.terraform.language.syntax import Expression, HclCall, HclError


class FunctionCalls:
    """The calls in expressions of a file.

    ``evaluate`` works out an argument, and ``render`` a template with its names and the file that it comes from.
    """

    def __init__(
        self,
        scope: Scope,
        file: str,
        evaluate: Callable[[Expression], Any],
        render: Callable[[Expression, Mapping[str, Any], str], str],
    ) -> None:
        self._scope = scope
        self._file = file
        self._evaluate = evaluate
        self._render = render

    def value(self, node: HclCall) -> Any:
        """Return what a call returns. Raises EvaluationError."""
        match node.name:
            case "try":
                return self._try(node)
            case "can":
                return self._can(node)
            case "templatefile":
                return self._template_file(node)
            case "templatestring":
                return self._template(as_text(self._evaluate(node.arguments[0])), node, self._file)
        if node.name not in FUNCTIONS:
            raise EvaluationError(f"the function {node.name} is not known here", hint="write its value out")
        arguments = self._arguments(node)
        try:
            return FUNCTIONS[node.name](self._scope.files, *arguments)
        except EvaluationError as error:
            if not error.file:
                error.message = f"{node.name}: {error.message}"
            raise
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
            shown = ", ".join(describe(each) for each in arguments)
            raise EvaluationError(f"{node.name} can't work with {shown or 'nothing'}") from error

    def _arguments(self, node: HclCall) -> list[Any]:
        found = [self._evaluate(argument) for argument in node.arguments]
        if node.expands and found:
            last = found.pop()
            found.extend(last if isinstance(last, list) else [element for _, element in entries_of(last)])
        return [each.to_map() if isinstance(each, LazyObject) else each for each in found]

    def _try(self, node: HclCall) -> Any:
        for argument in node.arguments[:-1]:
            try:
                return self._evaluate(argument)
            except EvaluationError:
                continue
        return self._evaluate(node.arguments[-1])

    def _can(self, node: HclCall) -> bool:
        try:
            self._evaluate(node.arguments[0])
        except EvaluationError:
            return False
        return True

    def _template_file(self, node: HclCall) -> str:
        path = as_text(self._evaluate(node.arguments[0]))
        file = self._scope.files.shown_path(path)
        return FileText.of(self._template(self._scope.files.text(path), node, file), file)

    def _template(self, text: str, node: HclCall, file: str) -> str:
        given = self._evaluate(node.arguments[1]) if len(node.arguments) > 1 else {}
        names = given.to_map() if isinstance(given, LazyObject) else given
        try:
            template = parse_template(text)
        except HclError as error:
            raise EvaluationError(error.message, error.line, error.hint, file) from error
        return self._render(template, names if isinstance(names, dict) else {}, file)
