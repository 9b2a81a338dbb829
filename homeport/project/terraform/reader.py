"""A configuration of Terraform or OpenTofu, read as a template of CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from homeport.errors import Problem
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.model import Source
from homeport.project.names import slug
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.graft import relative_file
from homeport.project.terraform.configuration.calls import ModuleCalls
from homeport.project.terraform.configuration.module import Input, Module
from homeport.project.terraform.configuration.module_files import ModuleFiles, read_module_files
from homeport.project.terraform.configuration.settings import TerraformSettings
from homeport.project.terraform.configuration.state import read_state
from homeport.project.terraform.configuration.variables import VariableValues, read_variable_values
from homeport.project.terraform.evaluation.type_constraints import parsed_text
from homeport.project.terraform.evaluation.values import EvaluationError
from homeport.project.terraform.language.syntax import HclAttribute
from homeport.project.terraform.translation.template import make_template

_LONGEST_STACK_NAME = 128
_DEFAULT_WORKSPACE = "default"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def read_configuration(request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
    """Read the configuration in the folder of ``request.file``; None if there is nothing to read."""
    folder = (request.root / request.file).parent
    files = read_module_files(request.root, folder, diagnostics)
    if not files.files:
        message = "there is no file of Terraform in this folder, and a plan or state alone has no functions' code"
        diagnostics.add(Problem(message, request.file, hint="keep the *.tf files beside it, or check --template"))
        return None
    settings = _settings(request, folder, diagnostics)
    given = read_variable_values(
        request.root, files, dict(request.inputs.parameters), request.environ, request.stage_key, diagnostics
    )
    calls = ModuleCalls(settings)
    module = Module(settings, files, _inputs(settings, files, given), calls.call)
    settings.region_of_provider = lambda: _region(module)
    calls.make_all(module)
    made = make_template(settings, [module, *calls.modules], Source(request.file, 1))
    _report_missing(module, diagnostics)
    owned = [files, *calls.read_files()]
    every_file = {file for each in owned for file in each.files}
    return FormatTemplate(
        document=made.document,
        inputs=replace(request.inputs, parameters=()),
        files=frozenset({*every_file, *given.files, *settings.files.read, *settings.state.files}),
        folders=frozenset({*(relative_file(request.root, each.folder) for each in owned), *settings.files.folders}),
        stack_name=settings.stack_name,
        region=settings.region,
        table_seeds=made.table_seeds,
    )


def _settings(request: FormatRequest, folder: Path, diagnostics: Diagnostics) -> TerraformSettings:
    workspace = _workspace(folder, request.environ)
    return TerraformSettings(
        root=request.root,
        folder=folder,
        stack_name=slug(request.root.name)[:_LONGEST_STACK_NAME],
        workspace=workspace,
        region_of_shell=request.environ.get("AWS_REGION") or request.environ.get("AWS_DEFAULT_REGION") or "",
        state=read_state(request.root, folder, workspace, Path(request.file).name),
        diagnostics=diagnostics,
    )


def _workspace(folder: Path, environ: Mapping[str, str]) -> str:
    """Return the workspace that is chosen.

    https://developer.hashicorp.com/terraform/language/state/workspaces
    """
    if environ.get("TF_WORKSPACE"):
        return environ["TF_WORKSPACE"]
    try:
        return (folder / ".terraform" / "environment").read_text(encoding="utf-8").strip() or _DEFAULT_WORKSPACE
    except (OSError, UnicodeDecodeError):
        return _DEFAULT_WORKSPACE


def _inputs(settings: TerraformSettings, files: ModuleFiles, given: VariableValues) -> dict[str, Input]:
    """Return the values of the root module's variables from outside."""
    without_names = Module(settings, files, {}, lambda *_: None)
    by_text = {name: _of_text(without_names, text) for name, text in given.texts.items()}
    return {**by_text, **{name: _of_file(without_names, attribute) for name, attribute in given.attributes.items()}}


def _of_text(module: Module, text: str) -> Input:
    return lambda type: parsed_text(text, type, module.evaluator("", {}).value)


def _of_file(module: Module, attribute: HclAttribute) -> Input:
    return lambda _: module.evaluator(attribute.file, {}).value(attribute.expression)


def _region(module: Module) -> str:
    """Return the region of the provider ``aws`` that has no alias; a placeholder is none."""
    for block in module.blocks.providers:
        attributes = block.body.attributes
        if block.labels == ("aws",) and "alias" not in attributes and "region" in attributes:
            try:
                found = module.evaluator(block.file, {}).value(attributes["region"].expression)
            except EvaluationError:
                return ""
            return found if isinstance(found, str) and _REGION.fullmatch(found) else ""
    return ""


def _report_missing(module: Module, diagnostics: Diagnostics) -> None:
    """Warn of the variables that nobody gives a value."""
    names = list(module.missing)
    if names:
        place = module.missing[names[0]]
        diagnostics.add(
            Problem(
                f"no value is given for {', '.join(names)}: a placeholder stands for {'each' if names[1:] else 'it'}",
                place.file,
                place.line,
                f"--parameter {names[0]}=VALUE, TF_VAR_{names[0]}, or a line in terraform.tfvars",
                "warning",
            )
        )
