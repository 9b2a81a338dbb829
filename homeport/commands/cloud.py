"""``homeport deploy``, ``rollback``, ``destroy``, ``status``, ``open`` and ``template``: a stage on AWS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.commands.arguments import add_deployed_project
from homeport.commands.json_output import add_json, json_output
from homeport.errors import HomeportError, ProjectError

if TYPE_CHECKING:
    from homeport.cloud.prompt import Prompt
    from homeport.project.project import Project

LOCAL = "local"
INTERRUPTED = 130


def add_cloud_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands. ``add`` is ``add_parser`` of the command line's subparsers."""
    deploy = _stage(add("deploy", help="put a stage on AWS"), _deploy)
    _add_consent(deploy)
    deploy.add_argument(
        "--plan", action="store_true", help="only say what a deployment would make, without credentials or network"
    )
    deploy.add_argument(
        "--write-template", type=Path, metavar="FILE", help="with --plan: write the CloudFormation template there"
    )
    add_json(deploy, "with --plan: ")
    rollback = _stage(add("rollback", help="go back to the code and spec of the deploy before"), _rollback)
    rollback.add_argument("--to", metavar="ID", help="a deploy that homeport status lists (default: the one before)")
    _add_consent(rollback)
    destroy = _stage(add("destroy", help="take a stage off AWS"), _destroy)
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    destroy.add_argument(
        "--delete-protected-data", action="store_true", help="of a protected stage too: its tables and what they hold"
    )
    status = _stage(add("status", help="say what runs of a stage on AWS"), _status)
    status.add_argument("--no-drift", action="store_true", help="do not look whether something was changed by hand")
    add_json(status)
    opened = _stage(add("open", help="open a stage's URL in the browser"), _open)
    opened.add_argument("--print", action="store_true", dest="only_print", help="only print it")


def _stage(
    parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace, Prompt], int]
) -> argparse.ArgumentParser:
    add_deployed_project(parser)
    parser.set_defaults(command=lambda options: _interruptible(command, options))
    return parser


def _add_consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask before changes by which no data is lost")
    parser.add_argument("--allow-data-loss", action="store_true", help="nor before those by which data is lost")
    parser.add_argument("--no-smoke", action="store_true", help="do not look at the deployed API afterwards")


def _interruptible(command: Callable[[argparse.Namespace, Prompt], int], options: argparse.Namespace) -> int:
    from homeport.cloud.prompt import terminal_prompt

    try:
        return command(options, terminal_prompt())
    except KeyboardInterrupt:
        print("homeport: interrupted; the same command goes on from here")
        return INTERRUPTED


def _deploy(options: argparse.Namespace, prompt: Prompt) -> int:
    refuse_template(options)
    _refuse_local(options.stage)
    if options.plan:
        # A plan asks nothing of AWS, and needs no client of it.
        return _plan(options, prompt)
    if options.json or options.write_template:
        given = "--json" if options.json else "--write-template"
        raise HomeportError(f"{given} is for a plan", f"homeport deploy --stage {options.stage} --plan {given}")
    from homeport.cloud.apply import Consent
    from homeport.cloud.deploy import DeployOptions, deploy
    from homeport.project.check import usable_project

    project, _ = usable_project(options.project.resolve(), options.stage)
    consent = Consent(options.yes, options.allow_data_loss)
    return deploy(project, DeployOptions(consent, smoke=not options.no_smoke), prompt)


def _plan(options: argparse.Namespace, prompt: Prompt) -> int:
    from homeport.cloud.deploy_warnings import deploy_warnings
    from homeport.cloud.preview.report import preview_fields, preview_lines
    from homeport.cloud.preview.stack_preview import preview_stack
    from homeport.cloud.region import region_of
    from homeport.cloud.template.build import build_template, render_template
    from homeport.project.check import usable_project

    with json_output(options) as publish:
        project, problems = usable_project(options.project.resolve(), options.stage)
        template = build_template(project)
        preview = preview_stack(project, template, region_of(project))
        warnings = [*map(str, problems), *(f"warning: {warning}" for warning in deploy_warnings(project))]
        publish({**preview_fields(preview), "warnings": [warning.removeprefix("warning: ") for warning in warnings]})
        for line in (*warnings, *preview_lines(preview, prompt.palette)):
            prompt.say(line)
        if options.write_template:
            _write_text(options.write_template, render_template(template))
            prompt.say(f"the template is in {options.write_template}")
        prompt.say(
            f"nothing was asked of AWS: homeport deploy --stage {options.stage} shows what differs from what is "
            "deployed, and asks before it changes anything"
        )
    return 0


def _write_text(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeportError(f"{file} can't be written: {error.strerror}", "give the name of a file") from None


def _rollback(options: argparse.Namespace, prompt: Prompt) -> int:
    from homeport.cloud.apply import Consent
    from homeport.cloud.deploy import DeployOptions, rollback

    consent = Consent(options.yes, options.allow_data_loss)
    chosen = DeployOptions(consent, smoke=not options.no_smoke)
    return rollback(readable_project(options), chosen, prompt, options.to)


def _destroy(options: argparse.Namespace, prompt: Prompt) -> int:
    from homeport.cloud.destroy import DestroyOptions, destroy

    chosen = DestroyOptions(options.yes, options.delete_protected_data)
    return destroy(readable_project(options), chosen, prompt)


def _status(options: argparse.Namespace, prompt: Prompt) -> int:
    from homeport.cloud.status import status

    with json_output(options) as publish:
        return status(readable_project(options), prompt, drift=not options.no_drift, publish=publish)


def _open(options: argparse.Namespace, prompt: Prompt) -> int:
    import webbrowser

    from homeport.cloud.deploy import DOMAIN_URL, url_of
    from homeport.cloud.deploy_target import find_target

    target = find_target(readable_project(options))
    outputs = target.stack.outputs()
    url = outputs.get(DOMAIN_URL) or url_of(outputs, target)
    if url is None:
        raise HomeportError(
            f"{target.stack.name} has no URL: it is not deployed", f"homeport deploy --stage {options.stage}"
        )
    prompt.say(url)
    if not options.only_print and not webbrowser.open(url):
        raise HomeportError("there is no browser here", f"open {url}")
    return 0


def run_template(options: argparse.Namespace) -> int:
    """Print the template of a stage as JSON, its warnings and size on standard error. Raises HomeportError."""
    from homeport.cloud.template.build import build_template, count_resources, render_template
    from homeport.project.check import usable_project
    from homeport.project.check.limits import MOST_RESOURCES

    refuse_template(options)
    project, warnings = usable_project(options.project.resolve(), options.stage)
    template = build_template(project)
    text = render_template(template)
    sys.stdout.write(text)
    sys.stdout.flush()
    for warning in warnings:
        print(f"homeport: {warning}", file=sys.stderr)
    count = count_resources(template)
    print(f"homeport: {count} of {MOST_RESOURCES} resources, {len(text.encode())} bytes", file=sys.stderr)
    return 0


def readable_project(options: argparse.Namespace) -> Project:
    """Return the project even if it has errors, so that a deployed stage can be shown and removed.

    Raises ProjectError where the stage itself can't be read.
    """
    from homeport.project.load import read_project

    refuse_template(options)
    _refuse_local(options.stage)
    project, problems = read_project(options.project.resolve(), options.stage)
    if project is None or project.stage.key != options.stage:
        raise ProjectError(problems)
    return project


def refuse_template(options: argparse.Namespace) -> None:
    """Raise HomeportError for a template's project, which its own tool deploys and removes, and without a stage."""
    from homeport.project.load import template_source

    source = template_source(options.project.resolve())
    if source is not None:
        raise HomeportError(
            f"a project of {source.format.name} is deployed by its own tool",
            f"{source.format.deploy_command}, then homeport test --url URL shows that it keeps the contract",
        )
    if not options.stage:
        raise HomeportError("no stage is given", "--stage NAME, one of deploy/stages.yaml")


def _refuse_local(stage: str) -> None:
    if stage == LOCAL:
        raise HomeportError(
            "the stage local is what homeport dev runs here", "choose another one of deploy/stages.yaml"
        )
