"""``python -m tests.cloud.policy``: writes docs/deployer-policy.json, from the calls that the commands make."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

from homeport.cloud.deploy import deploy, rollback
from homeport.cloud.deploy_target import find_target
from homeport.cloud.destroy import DestroyOptions, destroy
from homeport.cloud.errors import DeployFailedError
from homeport.cloud.logs import function_names, read_cloud_logs
from homeport.cloud.status import status
from homeport.cloud.template.build import build_template
from homeport.dev.logs import LogFilter
from homeport.project.project import Project
from tests.cloud.deployer_policy import DYNAMIC_REFERENCES, deployer_policy
from tests.support.cloud import YES, Calls, RecordedPrompt, at_ministack, project_in
from tests.support.cloud_life import Life
from tests.support.template import FEATURES, project_of

_DOCUMENTED = ("AWS::DynamoDB::Table", "AWS::SNS::Topic")
FILE = Path(__file__).parents[2] / "docs" / "deployer-policy.json"


def recorded_policy(folder: Path) -> dict[str, Any]:
    """The policy for all that the commands do with an HTTP API and with a REST API, as they do it at an emulator."""
    calls, types = Calls(), set[str]()
    for stage in ("dev", "rest"):
        life = Life(folder / stage, stage)
        _reserve_and_protect(life)
        live(life, calls)
    for name, feature in FEATURES.items():
        types |= {each["Type"] for each in documented_resources(project_of(folder / name, feature)).values()}
    made = sorted({(service, operation) for service, operation, _ in calls.made})
    return deployer_policy(made, types, DYNAMIC_REFERENCES)


def documented_resources(project: Project) -> dict[str, Any]:
    """The resources that docs/deploy.md describes: those of the kit, and a project's own tables and topics."""
    own = project.resources.document.get("Resources") or {}
    found = build_template(project)["Resources"].items()
    return {name: each for name, each in found if name not in own or each["Type"] in _DOCUMENTED}


def live(life: Life, calls: Calls) -> None:
    """Everything that commands do with a stage, one after the other."""

    def project() -> Any:
        return project_in(life.root, life.stage)

    assert deploy(project(), YES, RecordedPrompt().prompt, calls.on_call) == 0
    life.mark_code("second")
    assert deploy(project(), YES, RecordedPrompt().prompt, calls.on_call) == 0
    with life.broken(), contextlib.suppress(DeployFailedError):
        deploy(project(), YES, RecordedPrompt().prompt, calls.on_call)
    assert rollback(project(), YES, RecordedPrompt().prompt, None, calls.on_call) == 0
    target = find_target(project(), calls.on_call)
    changed = next(iter(target.stack.resources("AWS::Lambda::Function").values()))
    boto3.client("lambda", region_name="us-east-1").update_function_configuration(FunctionName=changed, MemorySize=512)
    assert status(project(), RecordedPrompt().prompt, on_call=calls.on_call) == 0
    list(read_cloud_logs(target.aws, function_names(target), LogFilter()))
    target.aws.call("cloudwatch", "DescribeAlarms", AlarmNames=["none"])
    target.stack.delete_change_set("homeport-none")
    for data in (False, True):
        assert destroy(project(), DestroyOptions(True, data), RecordedPrompt().prompt, calls.on_call) == 0


def text_of(policy: dict[str, Any]) -> str:
    """As it stands in docs/."""
    return json.dumps(policy, indent=2) + "\n"


def _reserve_and_protect(life: Life) -> None:
    """Let the stage reserve concurrency and keep its tables, so that all calls for these are made."""
    stages = life.root / "deploy" / "stages.yaml"
    settings = "  reservedConcurrency: 1\n  deletionProtection: true\n"
    stages.write_text(stages.read_text().replace("  memory: 256", f"{settings}  memory: 256"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch, at_ministack(Path(scratch)):
        FILE.write_text(text_of(recorded_policy(Path(scratch))))
    print(f"written {FILE}")
    sys.exit(0)
