"""Lambda functions and layers beyond their names: code, limits, and what runs elsewhere only."""

from __future__ import annotations

from pathlib import Path

from homeport.project.model import Source
from homeport.project.terraform.evaluation.values import as_text
from homeport.project.terraform.translation.code import ArchivedCode
from homeport.project.terraform.translation.made import MadeResource, Translation


def complete_function(made: MadeResource, translation: Translation, code: ArchivedCode) -> None:
    """Set the code of a function, and drop settings that say nothing."""
    if made.properties.get("ReservedConcurrentExecutions") in (-1, "-1"):
        # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
        del made.properties["ReservedConcurrentExecutions"]
    for name in ("Runtime", "Handler", "Role"):
        if made.properties.get(name) == "":
            del made.properties[name]
    _set_environment(made, translation)
    with translation.reporting("the code", made.instance):
        code.set_code(made, "Code")


def complete_layer(made: MadeResource, translation: Translation, code: ArchivedCode) -> None:
    """Set the content of a layer."""
    with translation.reporting("the content", made.instance):
        path = code.set_code(made, "Content")
        if path is not None and path.is_dir() and _needs_packages(path):
            made.metadata["BuildMethod"] = "python"


def _needs_packages(layer: Path) -> bool:
    """Return whether a layer's packages are but listed: a script of the owner's installs them before ``apply``."""
    lists = (layer / "requirements.txt", layer / "python" / "requirements.txt")
    installed = [each for each in (layer / "python").glob("*") if each not in lists and not each.name.startswith(".")]
    return any(each.is_file() for each in lists) and not installed


def _set_environment(made: MadeResource, translation: Translation) -> None:
    """Set the variables of a function. One that can't be worked out is left out alone."""
    with translation.reporting("environment", made.instance):
        values: dict[str, str] = {}
        places: dict[str, Source] = {}
        block = made.instance.view.first("environment")
        for name, place, value_of in block.entries("variables") if block is not None else ():
            with translation.reporting(f"the variable {name}", made.instance):
                value = value_of()
                if value is not None:
                    values[name], places[name] = as_text(value), place
        if block is not None:
            variables = translation.settings.lines.place_map(values, block.place("variables"), places)
            made.set("Environment", {"Variables": variables}, block.source)
