"""``python -m tests.cloud.policy``: writes docs/deployer-policy.json, from the calls that the commands make."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

from homeport.cloud.aws.deployer_policy import deployer_policy
from homeport.cloud.deploy import deploy, rollback
from homeport.cloud.deploy_target import find_place
from homeport.cloud.destroy import DestroyOptions, destroy
from homeport.cloud.errors import DeployFailed
from homeport.cloud.logs import function_names, read_cloud_logs
from homeport.cloud.status import status
from homeport.cloud.template.build import build_template
from homeport.dev.logs import Choice
from tests.support.cloud import YES, Calls, Told, at_ministack, project_in
from tests.support.cloud_life import Life

FILE = Path(__file__).parents[2] / "docs" / "deployer-policy.json"


def recorded_policy(folder: Path) -> dict[str, Any]:
    """The policy for all that the commands do with an HTTP API and with a REST API, as they do it at an emulator."""
    calls, types = Calls(), set[str]()
    for stage in ("dev", "rest"):
        life = Life(folder / stage, stage)
        _reserve(life)
        live(life, calls)
        template = build_template(project_in(life.root, stage))
        types |= {resource["Type"] for resource in template["Resources"].values()}
    types |= {"AWS::CloudWatch::Alarm", "AWS::Lambda::Alias", "AWS::Lambda::Version"}
    made = sorted({(service, operation) for service, operation, _ in calls.made})
    return deployer_policy(made, sorted(types))


def live(life: Life, calls: Calls) -> None:
    """Everything that commands do with a stage, one after the other."""

    def project() -> Any:
        return project_in(life.root, life.stage)

    assert deploy(project(), YES, Told().console, calls.heard) == 0
    life.mark_code("second")
    assert deploy(project(), YES, Told().console, calls.heard) == 0
    with life.broken(), contextlib.suppress(DeployFailed):
        deploy(project(), YES, Told().console, calls.heard)
    assert rollback(project(), YES, Told().console, None, calls.heard) == 0
    place = find_place(project(), calls.heard)
    changed = next(iter(place.stack.resources("AWS::Lambda::Function").values()))
    boto3.client("lambda", region_name="us-east-1").update_function_configuration(FunctionName=changed, MemorySize=512)
    assert status(project(), Told().console, heard=calls.heard) == 0
    list(read_cloud_logs(place.aws, function_names(place), Choice()))
    place.aws.call("cloudwatch", "DescribeAlarms", AlarmNames=["none"])
    place.stack.drop("homeport-none")
    assert destroy(project(), DestroyOptions(yes=True), Told().console, calls.heard) == 0


def text_of(policy: dict[str, Any]) -> str:
    """As it stands in docs/."""
    return json.dumps(policy, indent=2) + "\n"


def _reserve(life: Life) -> None:
    """Let the stage reserve concurrency, so that the account's limit is asked for."""
    stages = life.root / "deploy" / "stages.yaml"
    stages.write_text(stages.read_text().replace("  memory: 256", "  reservedConcurrency: 1\n  memory: 256"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch, at_ministack(Path(scratch)):
        FILE.write_text(text_of(recorded_policy(Path(scratch))))
    print(f"written {FILE}")
    sys.exit(0)
