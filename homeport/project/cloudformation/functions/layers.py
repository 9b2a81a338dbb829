"""The layers of a stack's functions: folders of the project, and packages in place of the public Powertools layers.

https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from homeport.project.cloudformation.functions.code_files import CodeFiles
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

_POWERTOOLS = "aws-lambda-powertools"
# Names of the layers: V3 has one for each version of Python, V1 and V2 one for each architecture.
_POWERTOOLS_ARN = re.compile(
    r"arn:[^:]+:lambda:[^:]+:\d+:layer:AWSLambdaPowertoolsPython(?:V(?P<major>\d))?[^:]*:(?P<n>\d+)"
)
_POWERTOOLS_PARAMETER = re.compile(
    r"\{\{resolve:ssm:/aws/service/powertools/python/[^/]+/[^/]+/(?P<version>[\w.]+)\}\}"
)
# The public layers without which a function runs as well: they watch it from outside.
_WATCHERS = re.compile(
    r".*:layer:(LambdaInsightsExtension|AWSOpenTelemetryDistro|aws-otel-|Datadog-Extension|CodeGuru)"
)

_RELEASES = {
    "2": (
        "12=2.0.0 13=2.1.0 14=2.3.0 15=2.3.1 16=2.4.0 17=2.5.0 18=2.6.0 19=2.7.0 20=2.7.1 21=2.8.0 22=2.9.0 23=2.9.1 "
        "24=2.10.0 25=2.11.0 26=2.12.0 27=2.13.0 28=2.13.0 29=2.13.0 30=2.14.0 31=2.14.1 32=2.15.0 33=2.16.1 34=2.16.2 "
        "35=2.17.0 36=2.17.0 37=2.18.0 38=2.20.0 39=2.20.0 40=2.22.0 41=2.23.0 42=2.23.1 43=2.23.1 44=2.24.0 45=2.25.0 "
        "46=2.25.1 47=2.26.1 48=2.27.0 49=2.27.0 50=2.28.0 51=2.28.1 52=2.28.1 53=2.29.0 55=2.29.1 56=2.30.0 57=2.30.1 "
        "58=2.30.2 59=2.31.0 60=2.32.0 61=2.33.1 62=2.33.1 63=2.33.1 64=2.34.0 65=2.34.1 66=2.35.0 67=2.35.1 68=2.35.1 "
        "69=2.37.0 71=2.38.1"
    ),
    "3": "1=3.0.0 2=3.1.0 3=3.2.0 4=3.3.0 5=3.4.0 6=3.4.1 7=3.5.0",
}
"""The package of each version of a layer, as the history of its documentation pairs them.

https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
"""


class LayerContent(NamedTuple):
    """The content of a layer: a folder for /opt, and lines of a pip file."""

    folder: Path | None = None
    packages: tuple[str, ...] = ()


class StackLayers:
    """The layers of a stack. Each one that is not there is named once, with the functions that have to do without."""

    def __init__(self, stack: CloudFormationStack, files: CodeFiles, diagnostics: Diagnostics) -> None:
        self._files = files
        self._diagnostics = diagnostics
        self._own = {each.physical_id: each for each in stack.of_type("AWS::Lambda::LayerVersion")}
        self._read: dict[str, LayerContent] = {}
        self._missing: dict[str, tuple[Cursor, list[str]]] = {}

    def of(self, function: StackResource) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        """Return the folders of a function's layers, the first one lowest, and the packages of the others."""
        found = [self._content(entry, function.logical_id) for entry in function.properties.list("Layers")]
        folders = tuple(content.folder for content in found if content.folder is not None)
        return folders, tuple(dict.fromkeys(line for content in found for line in content.packages))

    def report(self) -> None:
        """Warn of the layers that are not there."""
        for arn, (cursor, functions) in self._missing.items():
            if _WATCHERS.match(arn):
                continue
            cursor.warning(
                f"the layer {arn} is not here: {', '.join(dict.fromkeys(functions))} must do without its content",
                "list its packages in the function's requirements.txt, or add it to the template with a ContentUri",
            )

    def _content(self, entry: Cursor, function: str) -> LayerContent:
        arn = entry.value if isinstance(entry.value, str) else ""
        if arn not in self._read:
            self._read[arn] = self._own_layer(self._own[arn]) if arn in self._own else _public_layer(arn, entry)
        content = self._read[arn]
        if content == LayerContent() and arn not in self._own:
            self._missing.setdefault(arn, (entry, []))[1].append(function)
        return content

    def _own_layer(self, layer: StackResource) -> LayerContent:
        found = self._files.layer(layer)
        if found is None:
            return LayerContent()
        file = next((file for file in _requirements(found) if file.is_file()), None)
        builds = str(layer.metadata.get("BuildMethod", "")).startswith("python")
        return LayerContent(found, (f"-r {file}",) if file is not None and builds else ())


def _requirements(folder: Path) -> Iterator[Path]:
    yield folder / "requirements.txt"
    yield folder / "python" / "requirements.txt"


def public_layer_packages(arn: str) -> tuple[str, ...]:
    """Return pip requirements in place of a public layer, none for one whose content is not known."""
    return _public_layer(arn, Cursor.root(Document("", arn, {}))).packages


def _public_layer(arn: str, entry: Cursor) -> LayerContent:
    if found := _POWERTOOLS_PARAMETER.fullmatch(arn):
        version = found["version"]
        wanted = f"=={version}" if version[:1].isdigit() else ""
        return LayerContent(packages=(f"{_POWERTOOLS}[all]{wanted}",))
    if found := _POWERTOOLS_ARN.fullmatch(arn):
        major = found["major"] or "1"
        releases = dict(pair.split("=") for pair in _RELEASES.get(major, "").split())
        exact = releases.get(found["n"])
        if exact is None:
            entry.warning(
                f"which version of {_POWERTOOLS} the layer {arn.partition(':layer:')[2]} has is not known here: "
                f"functions run on the newest of version {major}",
                "list the version in requirements.txt, or name the layer by its parameter of Systems Manager",
            )
        extra = "[all]" if major != "1" else "[pydantic]"
        return LayerContent(packages=(f"{_POWERTOOLS}{extra}{f'=={exact}' if exact else f'=={major}.*'}",))
    return LayerContent()
