"""``homeport deploy`` and ``homeport rollback``: bundle, plan, apply, and a smoke test of the result.

A rollback deploys the code and spec of an earlier deploy and leaves the data as it is. The smoke test calls the
examples of operations that read, so it changes nothing.
"""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Literal

from homeport.cloud.apply import Consent, apply_plan, is_unchanged, record_interrupted_deploy
from homeport.cloud.aws.bucket import Manifest
from homeport.cloud.aws.client import CallListener, ignore_call
from homeport.cloud.aws.stack import read_template
from homeport.cloud.aws.stack_status import raise_if_busy
from homeport.cloud.bundle import Bundle, bundle_warnings
from homeport.cloud.changes import STATEFUL
from homeport.cloud.code_bundles import make_bundles
from homeport.cloud.deploy_target import DeployTarget, find_target, url_at_endpoint
from homeport.cloud.deploy_warnings import deploy_warnings
from homeport.cloud.errors import CloudError
from homeport.cloud.plan import (
    Content,
    Deployer,
    Plan,
    find_rollback_deploy,
    keep_present_data,
    make_plan,
    rollback_plan,
)
from homeport.cloud.prompt import Prompt
from homeport.cloud.template.build import build_template, count_resources
from homeport.cloud.template.monitoring import LOG_ROLE_PARAMETER
from homeport.cloud.template.secrets import without_secrets
from homeport.contract import SEED
from homeport.contract.fuzz.rejections import list_names
from homeport.contract.fuzz.results import read_statistics
from homeport.contract.fuzz.schemathesis_run import EVENTS, smoke_command, smoke_environment
from homeport.environment import install_hint, read_environment
from homeport.project.check.limits import MOST_RESOURCES
from homeport.project.project import Project

FAILED = 1
_URL, DOMAIN_URL = "ApiUrl", "DomainUrl"
_SHOWN_LINES = 40


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """Options of a deploy. ``smoke``: test the deployed API afterwards."""

    consent: Consent
    smoke: bool = True


def deploy(project: Project, options: DeployOptions, prompt: Prompt, on_call: CallListener = ignore_call) -> int:
    """Deploy the project's stage to AWS. Return the exit status. Raises CloudError."""
    target = find_target(project, on_call)
    record_interrupted_deploy(target)
    plan = make_deploy_plan(project, target, prompt)
    if is_unchanged(plan, target, target.bucket.last_manifest(plan.manifest.stack)):
        prompt.say(f"no changes: {plan.manifest.stack} in {target.region} has this code and this template already")
        return 0
    manifest = apply_plan(plan, target, options.consent, prompt)
    if manifest is None:
        prompt.say(f"no changes: {plan.manifest.stack} in {target.region} is what the template says")
        return 0
    return report_deploy(project, target, manifest, options.smoke, prompt)


def rollback(
    project: Project,
    options: DeployOptions,
    prompt: Prompt,
    chosen: str | None = None,
    on_call: CallListener = ignore_call,
) -> int:
    """Roll back to the previous deploy, or to ``chosen``. Return the exit status. Raises CloudError."""
    target = find_target(project, on_call)
    raise_if_busy(target.stack.status())
    record_interrupted_deploy(target)
    earlier = find_rollback_deploy(target.bucket.manifests(project.stage.stack_name), chosen)
    commit = f", commit {earlier.commit}" if earlier.commit else ""
    prompt.say(f"going back to the deploy {earlier.id} by {earlier.who}{commit}")
    kept = read_template(target.bucket.read(earlier.template).decode())
    template = keep_present_data(kept, target.stack.template(), STATEFUL)
    deployer = Deployer(target.who, prompt.clock())
    plan = rollback_plan(earlier, template, target.stack.parameters(), deployer)
    manifest = apply_plan(plan, target, options.consent, prompt)
    if manifest is None:
        prompt.say(f"no changes: {plan.manifest.stack} has the code and spec of {earlier.id} already")
        return 0
    return report_deploy(project, target, manifest, options.smoke, prompt)


def make_deploy_plan(project: Project, target: DeployTarget, prompt: Prompt) -> Plan:
    """Return the plan for the project as it is now. Raises CloudError, ProjectError."""
    for warning in deploy_warnings(project):
        prompt.say(f"warning: {warning}")
    template, (_, found) = build_template(project), without_secrets(project)
    secrets = found.parameter_values(template)
    prompt.say(f"template: {count_resources(template)} of {MOST_RESOURCES} resources")
    content = Content(
        template=template,
        parameters=_log_role(template, target),
        secrets=secrets,
        secrets_fingerprint=found.fingerprint(f"{target.stack.name}:{target.account}"),
        bundles=bundles_of(project, read_environment().cache_dir, secrets, prompt),
        spec=project.spec_file.read_bytes(),
    )
    deployer = Deployer(target.who, prompt.clock(), commit_of(project.root))
    return make_plan(content, project.stage, target.bucket.name, deployer)


def _log_role(template: Mapping[str, Any], target: DeployTarget) -> dict[str, str]:
    """Return ``make`` for the role with which API Gateway writes logs, ``keep`` if the account has one already.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
    """
    if LOG_ROLE_PARAMETER not in template["Parameters"]:
        return {}
    present = target.stack.parameters().get(LOG_ROLE_PARAMETER)
    if present is None:
        has_one = target.aws.call("apigateway", "GetAccount").get("cloudwatchRoleArn")
        present = "keep" if has_one else "make"
    return {LOG_ROLE_PARAMETER: present}


def bundles_of(project: Project, cache: Path, secrets: Mapping[str, str], prompt: Prompt) -> dict[str, Bundle]:
    """Return the functions' code by the parameter that has its key. Raises BundleError."""
    bundles = dict(make_bundles(project, cache, secrets, prompt.say))
    for warning in (warning for bundle in bundles.values() for warning in bundle_warnings(bundle)):
        prompt.say(f"warning: {warning}")
    return bundles


def report_deploy(project: Project, target: DeployTarget, manifest: Manifest, smoke: bool, prompt: Prompt) -> int:
    """Print the outputs and run the smoke test. Return the exit status."""
    for line in output_lines(target, manifest.outputs):
        prompt.say(line)
    if not smoke:
        return 0
    url = url_of(manifest.outputs, target)
    result = "untested" if url is None else smoke_test(project, url, prompt)
    if result == "failed":
        prompt.say(advice_after_failure(manifest.stage, target.bucket.manifests(manifest.stack)))
    return FAILED if result in ("failed", "broken") else 0


def advice_after_failure(stage: str, manifests: Sequence[Manifest]) -> str:
    """Return what to do about a deployed API that fails its smoke test. A first deploy has nothing to go back to."""
    try:
        earlier = find_rollback_deploy(manifests)
    except CloudError:
        return f"homeport logs --stage {stage} shows what the functions logged; mend it and deploy again"
    return f"homeport rollback --stage {stage} goes back to the deploy {earlier.id}"


def output_lines(target: DeployTarget, outputs: Mapping[str, str]) -> list[str]:
    """Return lines with the API's URL, its functions and its tables."""
    return resource_lines(deployed_urls(target, outputs), deployed_resources(target))


def resource_lines(urls: Sequence[str], resources: Mapping[str, tuple[str, Sequence[str]]]) -> list[str]:
    """Return lines with URLs, and with the names of ``deployed_resources``."""
    named = [f"{title} {name}" for title, names in resources.values() for name in names]
    return [*(f"url {url}" for url in urls), *named]


def deployed_urls(target: DeployTarget, outputs: Mapping[str, str]) -> list[str]:
    """Return the API's URLs: that of API Gateway, and that of its domain."""
    return [url for url in (url_of(outputs, target), outputs.get(DOMAIN_URL)) if url]


def deployed_resources(target: DeployTarget) -> dict[str, tuple[str, list[str]]]:
    """Return the names of functions and of tables, each with the word for one of them."""
    kinds = {"functions": ("function", "AWS::Lambda::Function"), "tables": ("table", "AWS::DynamoDB::Table")}
    return {many: (one, sorted(target.stack.resources(kind).values())) for many, (one, kind) in kinds.items()}


def url_of(outputs: Mapping[str, str], target: DeployTarget) -> str | None:
    """Return the API's URL, None if the stack has no such output."""
    return url_at_endpoint(outputs[_URL], target.aws.endpoint_url()) if _URL in outputs else None


def commit_of(root: Path) -> str:
    """Return the checked-out commit, with ``+`` where files differ from it; "" outside of git."""
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


SmokeResult = Literal["passed", "failed", "untested", "broken"]
"""The result of a smoke test: ``untested`` where there was nothing to ask, ``broken`` where it could not run."""


def smoke_test(
    project: Project, url: str, prompt: Prompt, run: Callable[..., CompletedProcess[str]] = subprocess.run
) -> SmokeResult:
    """Call the examples of the reading operations at ``url`` and hold the responses against the contract."""
    reads = [operation for operation in project.api.operations if operation.method in ("GET", "HEAD")]
    asked = [operation for operation in reads if not operation.security and not operation.api_key_required]
    if not asked:
        secured = [operation.label for operation in reads]
        why = f"each of them asks for credentials: {list_names(secured)}" if reads else "there is none"
        prompt.say(f"smoke test: nothing was asked: it asks operations that only read, and {why}")
        return "untested"
    if importlib.util.find_spec("schemathesis") is None:
        prompt.say(f"smoke test: left out, for schemathesis is not installed ({install_hint('test')})")
        return "untested"
    labels = [operation.label for operation in asked]
    prompt.say(f"smoke test: {len(asked)} reading operations at {url}")
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        events = Path(folder) / EVENTS
        command = smoke_command(project.root, url, SEED, labels, events)
        environment = smoke_environment(project.root, project.stage.flavor)
        done = run(command, env=environment, capture_output=True, text=True, check=False)
        asked_there = _asked_operations(events, project)
    if secured := [each.label for each in reads if each not in asked]:
        prompt.say(f"smoke test: not asked, for want of credentials: {list_names(secured)}")
    if unasked := [label for label in labels if label not in asked_there] if done.returncode in (0, 1) else []:
        prompt.say(f"smoke test: not asked, for want of examples of their parameters: {list_names(unasked)}")
    if done.returncode == 0:
        prompt.say(prompt.palette.paint("green", "smoke test: passed"))
        return "passed"
    # Schemathesis ends with 1 after a failure; with 2 where it tested nothing, and where it could not run.
    if done.returncode == 2 and "No test cases were generated" in done.stdout:
        prompt.say("smoke test: nothing was asked: the parameters of these operations have no examples in openapi.yaml")
        return "untested"
    for line in (done.stdout + done.stderr).splitlines()[-_SHOWN_LINES:]:
        prompt.say(f"  {line}")
    result: SmokeResult = "failed" if done.returncode == 1 else "broken"
    text = "failed" if result == "failed" else "could not run; the deploy itself is done"
    prompt.say(prompt.palette.paint("red", f"smoke test: {text}"))
    return result


def _asked_operations(events: Path, project: Project) -> frozenset[str]:
    """Return the operations that a run has asked, from its report."""
    if not events.is_file():
        return frozenset()
    with events.open() as lines:
        return frozenset(read_statistics(lines, project.api).cases)
