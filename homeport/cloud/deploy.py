"""``homeport deploy``: bundle, plan, carry out, look at the result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.cloud.apply import Consent, carry_out, is_unchanged, settle
from homeport.cloud.bundle import Bundle, bundle_warnings, make_bundle
from homeport.cloud.commit import commit_of
from homeport.cloud.console import Console
from homeport.cloud.dependencies import Target, dependency_files, unpinned
from homeport.cloud.edge import Heard, unheard
from homeport.cloud.manifest import Manifest
from homeport.cloud.place import Place, find_place, reachable
from homeport.cloud.plan import Content, Deployer, Plan, make_plan
from homeport.cloud.smoke import smoke_test
from homeport.cloud.template import LOG_ROLE_PARAMETER, build_template, count_resources, secret_parameters
from homeport.cloud.template_secrets import without_secrets
from homeport.environment import read_environment
from homeport.runtime.interpreter import find_interpreter
from homeport.spec.check.limits import MOST_RESOURCES
from homeport.spec.project import Project

FAILED = 1
_URL, DOMAIN_URL = "ApiUrl", "DomainUrl"


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """``smoke`` says whether to look at the deployed API afterwards."""

    consent: Consent
    smoke: bool = True


def deploy(project: Project, options: DeployOptions, console: Console, heard: Heard = unheard) -> int:
    """Put the project's stage on AWS; the exit status. Raises CloudError."""
    place = find_place(project, heard)
    settle(place)
    plan = plan_deploy(project, place, console)
    if is_unchanged(plan, place, place.bucket.last_manifest(plan.stack)):
        console.say(f"no changes: {plan.stack} in {place.region} has this code and this template already")
        return 0
    manifest = carry_out(plan, place, options.consent, console)
    if manifest is None:
        console.say(f"no changes: {plan.stack} in {place.region} is what the template says")
        return 0
    return conclude(project, place, manifest, options.smoke, console)


def plan_deploy(project: Project, place: Place, console: Console) -> Plan:
    """What a deploy of the project as it is now would put on AWS. Raises CloudError, ProjectError."""
    for warning in _warnings(project):
        console.say(f"warning: {warning}")
    template, secrets = build_template(project), secret_parameters(project)
    console.say(f"template: {count_resources(template)} of {MOST_RESOURCES} resources")
    content = Content(
        template=template,
        parameters=_log_role(template, place),
        secrets=secrets,
        veil=without_secrets(project)[1].veiled(f"{place.stack.name}:{place.account}"),
        bundle=bundle_of(project, read_environment().cache_dir, secrets, console),
        spec=project.spec_file.read_bytes(),
    )
    deployer = Deployer(place.who, console.clock(), commit_of(project.root))
    return make_plan(content, project.stage, place.region, place.bucket.name, deployer)


def _log_role(template: Mapping[str, Any], place: Place) -> dict[str, str]:
    """Whether the stack makes the role by which API Gateway writes logs: an account has one, whoever made it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
    """
    if LOG_ROLE_PARAMETER not in template["Parameters"]:
        return {}
    present = place.stack.parameters().get(LOG_ROLE_PARAMETER)
    if present is None:
        has_one = place.aws.call("apigateway", "GetAccount").get("cloudwatchRoleArn")
        present = "keep" if has_one else "make"
    return {LOG_ROLE_PARAMETER: present}


def bundle_of(project: Project, cache: Path, secrets: Mapping[str, str], console: Console) -> Bundle:
    """The functions' code. Raises BundleError."""
    target = Target(project.stage.runtime, project.stage.architecture)
    packages = dependency_files(cache, project.requirements, target, console.say)
    bundle = make_bundle(project, packages, secrets)
    for warning in bundle_warnings(bundle):
        console.say(f"warning: {warning}")
    console.say(f"bundled service/: {bundle.summary}")
    return bundle


def conclude(project: Project, place: Place, manifest: Manifest, smoke: bool, console: Console) -> int:
    """Print what was made, and look whether it answers; the exit status."""
    for line in output_lines(place, manifest.outputs):
        console.say(line)
    if not smoke:
        return 0
    url = url_of(manifest.outputs, place)
    if url is None or smoke_test(project, url, console):
        return 0
    console.say(f"homeport rollback --stage {manifest.stage} goes back to the deploy before")
    return FAILED


def output_lines(place: Place, outputs: Mapping[str, str]) -> list[str]:
    """The API's URL, its functions and its tables."""
    url = url_of(outputs, place)
    lines = [f"url {url}"] if url else []
    lines += [f"url {outputs[DOMAIN_URL]}"] if DOMAIN_URL in outputs else []
    for title, kind in (("function", "AWS::Lambda::Function"), ("table", "AWS::DynamoDB::Table")):
        found = place.stack.resources(kind)
        lines += [f"{title} {name}" for name in sorted(found.values())]
    return lines


def url_of(outputs: Mapping[str, str], place: Place) -> str | None:
    """Where the API answers, None: the stack does not say."""
    return reachable(outputs[_URL], place.aws.endpoint_url()) if _URL in outputs else None


def _warnings(project: Project) -> list[str]:
    found = []
    if interpreter := find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home()).warning:
        found.append(f"{interpreter}: what was tested here ran on another one")
    if project.requirements is not None and (loose := unpinned(project.requirements.read_text())):
        found.append(f"service/requirements.txt leaves the version open: {', '.join(loose)} (write NAME==VERSION)")
    return found
