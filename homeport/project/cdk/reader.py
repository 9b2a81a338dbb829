"""An app as a template, step by step: its assembly, the stacks of it that are the project, one template of them."""

from __future__ import annotations

from pathlib import Path

from homeport.errors import Problem
from homeport.project.cdk.assembly import read_assembly
from homeport.project.cdk.custom_resources import without_custom_resources
from homeport.project.cdk.file_names import APP_FILE, MANIFEST
from homeport.project.cdk.function_code import CodePlaces
from homeport.project.cdk.merged_template import MergedTemplate
from homeport.project.cdk.places import AppPlaces
from homeport.project.cdk.stack_choice import choose_stacks
from homeport.project.cdk.synthesis import find_assembly
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics

_CONTEXT = "context:"
"""The beginning of the name of an import that is a value of the app's context."""


def read_app(request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
    """Read an app, or what it synthesized before; None if neither can be read."""
    root, file = request.root, request.file
    context = {
        name.removeprefix(_CONTEXT): value for name, value in request.inputs.imports if name.startswith(_CONTEXT)
    }
    found = find_assembly(root, file, request.environ, context, diagnostics)
    if found is None:
        return None
    assembly = read_assembly(found.folder)
    if isinstance(assembly, str):
        diagnostics.add(Problem(assembly, file, 1, "synthesize the app again: cdk synth"))
        return None
    for key in assembly.missing:
        diagnostics.add(
            Problem(
                f"the app looks something up on AWS, which is not asked here: {key}",
                file,
                1,
                "dummy values stand for it, unless cdk.context.json has them: cdk synth with credentials writes it",
                "warning",
            )
        )
    named = None if file.endswith((APP_FILE, MANIFEST)) else root / file
    stacks, problems = choose_stacks(assembly, named, request.stage_key, file)
    diagnostics.add(*problems)
    places = AppPlaces(root, found.files)
    merged = MergedTemplate(root, diagnostics, places.of)
    document = merged.build(stacks)
    if document is None:
        diagnostics.add(Problem("the app has no stack that could be read", file, 1, "cdk ls shows its stacks"))
        return None
    without_custom_resources(document, diagnostics)
    CodePlaces(root, Path(found.folder), diagnostics).fill(document, merged.owners)
    return FormatTemplate(document, request.inputs, found.files | _of_project(root, merged.files))


def _of_project(root: Path, files: frozenset[str]) -> frozenset[str]:
    """Return the templates that are the owner's own files; the kit's are made again when a source has changed."""
    return frozenset(each for each in files if not each.startswith((".homeport", "../")))
