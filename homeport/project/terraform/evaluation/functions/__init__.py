"""Terraform's functions by their subjects, each a Python function of the project's files and the arguments.

``try``, ``can`` and those that render templates are the evaluator's, because they work out expressions.
https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from homeport.project.terraform.evaluation.functions.collections import COLLECTIONS
from homeport.project.terraform.evaluation.functions.encodings import ENCODINGS
from homeport.project.terraform.evaluation.functions.files import FILES, FunctionFiles
from homeport.project.terraform.evaluation.functions.networks import NETWORKS
from homeport.project.terraform.evaluation.functions.numbers import NUMBERS
from homeport.project.terraform.evaluation.functions.texts import TEXTS

__all__ = ["FUNCTIONS", "FunctionFiles"]


def _without_files(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, *arguments: function(*arguments)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{
        name: _without_files(function)
        for group in (TEXTS, COLLECTIONS, ENCODINGS, NUMBERS, NETWORKS)
        for name, function in group.items()
    },
    **FILES,
}
"""The functions by name; the first argument of each are the files that it may read."""
