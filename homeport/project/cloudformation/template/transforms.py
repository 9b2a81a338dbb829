"""The transforms of a template in CloudFormation's order: loops, macros, SAM, and the bodies of APIs in local files.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-section-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.environment import hide_state, read_environment, state_dir
from homeport.project.cloudformation.apis.event_paths import work_out_event_paths
from homeport.project.cloudformation.template.api_bodies import with_api_bodies
from homeport.project.cloudformation.template.language_extensions import LANGUAGE_EXTENSIONS, expand_language_extensions
from homeport.project.cloudformation.template.sam import SAM_TRANSFORM, transforms, translate
from homeport.project.cloudformation.template.state_machines import with_definitions
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document

_KNOWN = frozenset((LANGUAGE_EXTENSIONS, SAM_TRANSFORM, "AWS::Include"))


def apply_transforms(
    root: Path,
    document: Document,
    parameter_values: Mapping[str, Any],
    region: str,
    diagnostics: Diagnostics,
) -> Document | None:
    """Return the template as it is after every transform, with plain CloudFormation only; None if AWS would refuse it.

    ``parameter_values`` has the values of parameters and pseudo parameters. ``translate`` tells what becomes of local
    paths. The body of an API that is in a local file is its ``Body``. A macro of the owner's is named as a problem.
    """
    for name in transforms(document):
        if name not in _KNOWN:
            diagnostics.add(
                document.at("Transform").warning(
                    f"the macro {name} runs on AWS only: the template is read without it",
                    "what it would make is missing here",
                )
            )
    expanded = expand_language_extensions(document, parameter_values, diagnostics)
    work_out_event_paths(expanded, parameter_values, diagnostics)
    plain = translate(expanded, parameter_values, region, _cache_folder(root), diagnostics)
    hide_state(root)
    if plain is None:
        return None
    return with_definitions(root, with_api_bodies(root, plain, diagnostics), diagnostics)


def _cache_folder(root: Path) -> Path:
    """Return the project's own folder for results, or this user's where the state is in a folder of one run."""
    state = state_dir(root)
    return state / "cache" if state == root / ".homeport" else read_environment().cache_dir / "templates"
