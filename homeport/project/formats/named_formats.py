"""Formats that are not read, each with the shortest way from it to one that is, and what else a folder may hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from homeport.project.formats.registry import FORMATS, every_source

_FROM_AWS = (
    "export what runs on AWS: aws apigateway get-export --export-type oas30 --parameters extensions=apigateway "
    "--rest-api-id ID --stage-name STAGE openapi.json, then homeport adopt openapi.json --into DIR"
)
_OF_CDK = "sst build writes a cdk.out of version 2: homeport dev --template .sst/dist/manifest.json; " + _FROM_AWS
_WSGI = "write a template.yaml of SAM with one function, whose handler wraps the application (apig-wsgi, Mangum)"
_SKIPPED = frozenset(("node_modules", "cdk.out", "dist", "build", "venv", "__pycache__", "tests", "test", "docs"))
_MOST_FOLDERS = 200


class NamedFormat(NamedTuple):
    """A format by the files that show it. ``recipe`` says how a template or a document comes out of it."""

    name: str
    files: tuple[str, ...]
    recipe: str


NAMED_FORMATS = (
    NamedFormat("Pulumi", ("Pulumi.yaml", "Pulumi.yml"), _FROM_AWS),
    NamedFormat("Zappa", ("zappa_settings.json", "zappa_settings.yml", "zappa_settings.toml"), _WSGI),
    NamedFormat("SST", ("sst.config.ts", "sst.json"), _OF_CDK),
    NamedFormat(
        "Architect",
        ("app.arc", ".arc", "arc.yaml", "arc.yml", "arc.json"),
        "arc deploy --dry-run writes a template: homeport dev --template sam.json",
    ),
    NamedFormat("AWS Amplify", ("amplify/backend.ts", "amplify/team-provider-info.json"), _FROM_AWS),
    NamedFormat("CDK for Terraform", ("cdktf.json",), "cdktf synth, then homeport dev in cdktf.out/stacks/NAME"),
)


def named_format(root: Path) -> tuple[NamedFormat, str] | None:
    """Return the format that a folder has and that is not read, and the file that shows it."""
    for format in NAMED_FORMATS:
        for file in format.files:
            if (root / file).is_file():
                return format, file
    return None


def format_names() -> str:
    """Return the names of all formats that are read, for a message."""
    names = [format.name for format in FORMATS]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def sources_below(root: Path) -> Iterator[str]:
    """Yield the folders below one, two levels deep, that hold a project, relative to it."""
    folders = [each for pattern in ("*", "*/*") for each in sorted(root.glob(pattern)) if _is_searched(root, each)]
    for folder in folders[:_MOST_FOLDERS]:
        if every_source(folder):
            yield folder.relative_to(root).as_posix()


def _is_searched(root: Path, folder: Path) -> bool:
    parts = folder.relative_to(root).parts
    return folder.is_dir() and not any(part in _SKIPPED or part.startswith(".") for part in parts)
