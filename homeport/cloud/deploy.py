"""The commit that is deployed, as git tells it.

A look at a deployed API through the examples of its contract: reads only, so that nothing there is changed.

``homeport deploy``: bundle, plan, carry out, look at the result.

``homeport rollback``: the code and spec of an earlier deploy, with the data as it is.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.cloud.apply import Consent, carry_out, is_unchanged, settle
from homeport.cloud.aws.bucket import Manifest, before, previous_data
from homeport.cloud.aws.client import Heard, unheard
from homeport.cloud.aws.stack import read_template, refuse_busy
from homeport.cloud.bundle import Bundle, bundle_warnings, make_bundle
from homeport.cloud.changes import STATEFUL
from homeport.cloud.console import Console
from homeport.cloud.dependencies import Target, dependency_files, unpinned
from homeport.cloud.deploy_target import Place, find_place, reachable
from homeport.cloud.plan import Content, Deployer, Plan, make_plan, rollback_plan
from homeport.cloud.template.build import LOG_ROLE_PARAMETER, build_template, count_resources, secret_parameters
from homeport.cloud.template.secrets import without_secrets
from homeport.contract.arguments import SEED
from homeport.contract.fuzz.run import FLAVOR_VARIABLE, GUARD_VARIABLE, smoke_command
from homeport.environment import read_environment
from homeport.project.check.limits import MOST_RESOURCES
from homeport.project.project import Project
from homeport.runtime.host.launch import find_interpreter


def commit_of(root: Path) -> str:
    """The commit that is checked out, ``+`` after it where files differ; "" outside of git."""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    return f"{head}+" if head and _git(root, "status", "--porcelain") else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


_LINES = 40


def smoke_test(project: Project, url: str, console: Console) -> bool:
    """Whether the API at ``url`` answers the examples of its reading operations as the contract says."""
    reads = [operation for operation in project.api.operations if operation.method in ("GET", "HEAD")]
    asked = [operation for operation in reads if not operation.security and not operation.api_key_required]
    if not asked:
        why = "each of them asks for credentials" if reads else "there is none"
        console.say(f"smoke test: left out, for it asks operations that only read, and {why}")
        return True
    if importlib.util.find_spec("schemathesis") is None:
        console.say("smoke test: left out, for schemathesis is not installed (pip install 'homeport[test]')")
        return True
    others = len(reads) - len(asked)
    left_out = f" ({others} more ask for credentials and are left out)" if others else ""
    console.say(f"smoke test: the examples of {len(asked)} reading operations at {url}{left_out}")
    environment = {**os.environ, FLAVOR_VARIABLE: project.stage.flavor, GUARD_VARIABLE: "1"}
    environment["SCHEMATHESIS_HOOKS"] = "homeport.contract.fuzz.hooks"
    command = smoke_command(project.root, url, SEED, [f"{operation.method} {operation.path}" for operation in asked])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        console.say(console.palette.paint("green", "smoke test: passed"))
        return True
    for line in done.stdout.splitlines()[-_LINES:]:
        console.say(f"  {line}")
    console.say(console.palette.paint("red", "smoke test: failed"))
    return False


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


def rollback(
    project: Project, options: DeployOptions, console: Console, chosen: str | None = None, heard: Heard = unheard
) -> int:
    """Go back to the deploy before the present one, or to ``chosen``; the exit status. Raises CloudError."""
    place = find_place(project, heard)
    refuse_busy(place.stack.standing())
    settle(place)
    target = before(place.bucket.manifests(project.stage.stack_name), chosen)
    console.say(
        f"going back to the deploy {target.id} by {target.who}{f', commit {target.commit}' if target.commit else ''}"
    )
    kept = read_template(place.bucket.read(target.template).decode())
    template = previous_data(kept, place.stack.template(), STATEFUL)
    deployer = Deployer(place.who, console.clock())
    plan = rollback_plan(target, template, place.stack.parameters(), deployer, place.region)
    manifest = carry_out(plan, place, options.consent, console)
    if manifest is None:
        console.say(f"no changes: {plan.stack} has the code and spec of {target.id} already")
        return 0
    return conclude(project, place, manifest, options.smoke, console)
