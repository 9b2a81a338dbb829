"""Path parameters, against the variables of their path templates. Pure.

https://spec.openapis.org/oas/v3.0.3#path-templating
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.document.finding_at import finding_at, pointer_of
from homeport.contract.document.places import DocumentMap
from homeport.contract.finding import Finding
from homeport.project.check.paths import variables

CHECK = "path-parameters-agree"


def check_paths(document: DocumentMap) -> Iterator[Finding]:
    """Yield a finding for each variable that no parameter declares, and each parameter that no variable has."""
    for operation in document.operations:
        named = dict(variables(operation.template))
        declared = {
            carrier.name.removesuffix("+"): carrier for carrier in operation.parameters if carrier.place == "path"
        }
        problems = [
            (operation.path, name, f"{operation.label} does not declare its path parameter {name!r}")
            for name, greedy in named.items()
            # OpenAPI has no word for {proxy+}, so nothing asks for its declaration.
            if name not in declared and not greedy
        ]
        problems += [
            (
                carrier.path,
                name,
                f"{operation.label} declares the path parameter {name!r}, which its path does not have",
            )
            for name, carrier in declared.items()
            if name not in named
        ]
        for path, name, happened in problems:
            yield finding_at(
                document,
                path,
                CHECK,
                "Each variable of a path is a path parameter, and each path parameter a variable",
                happened,
                "OpenAPI 3.0, Path Templating",
                operation=operation.label,
                subject=f"{pointer_of(path)}/{name}",
            )
