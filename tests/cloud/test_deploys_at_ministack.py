"""Deploys against an emulator that executes what CloudFormation makes: failures, interruptions, data, secrets."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from homeport.cloud.apply import Consent
from homeport.cloud.deploy import DeployOptions, deploy, rollback
from homeport.cloud.deploy_target import find_target
from homeport.cloud.destroy import DestroyOptions, destroy
from homeport.cloud.errors import DeclinedError, DeployFailedError, StackStateError
from homeport.cloud.status import status
from homeport.commands.json_output import FIELDS
from tests.support.cloud import YES, Calls, RecordedPrompt, at_ministack, deployed, project_in
from tests.support.cloud_life import Life
from tests.support.project import RESOURCES, notes_project
from tests.support.template import STAGE, made, project_of, route

pytestmark = pytest.mark.slow

BROKEN = """
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Broken:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Handle, Timeout: "1"}
"""
SLOW = BROKEN.replace('"1"', '"4"')
ALARM = """
  Full:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: shown-full
      Namespace: AWS/DynamoDB
      MetricName: ThrottledRequests
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
"""


@pytest.fixture(scope="module", autouse=True)
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with at_ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


def notes(root: Path, stack: str, settings: str = "", **changed: str) -> Path:
    return notes_project(root, stages=f"stages: {{dev: {{stackName: {stack}{settings}}}}}\n", **changed)


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]


def stack_status(root: Path) -> str:
    return find_target(project_in(root)).stack.status().status


def write_resources(root: Path, text: str) -> None:
    (root / "deploy" / "resources.yaml").write_text(text)


def test_a_failed_first_deploy_names_the_first_cause_and_the_next_one_starts_anew(tmp_path: Path) -> None:
    root = notes(tmp_path, "fails-first", resources=RESOURCES + BROKEN)
    with pytest.raises(DeployFailedError, match=r"Broken \(AWS::CloudFormation::WaitCondition\)") as failed:
        deploy(project_in(root), YES, RecordedPrompt().prompt)
    assert failed.value.hint == "what it had made is removed again; mend it and deploy again"
    assert stack_status(root) == "ROLLBACK_COMPLETE"
    write_resources(root, RESOURCES)
    assert "whose first deploy failed" in deployed(root).text
    assert stack_status(root) == "CREATE_COMPLETE"


def test_a_deploy_that_fails_half_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    root = notes(tmp_path, "fails-later")
    deployed(root)
    before = find_target(project_in(root)).stack.parameters()
    (root / "service" / "handlers" / "get_note.py").write_text("def handler(event, context):\n    return 1\n")
    write_resources(root, RESOURCES + BROKEN)
    with pytest.raises(DeployFailedError, match="everything is as it was before"):
        deploy(project_in(root), YES, RecordedPrompt().prompt)
    target = find_target(project_in(root))
    assert target.stack.status().status == "UPDATE_ROLLBACK_COMPLETE"
    assert target.stack.parameters() == before
    assert len(target.bucket.manifests("fails-later")) == 1


def test_the_next_deploy_completes_one_that_was_interrupted_before_its_change_set(tmp_path: Path) -> None:
    root = notes(tmp_path, "interrupted")
    interrupted = RecordedPrompt()

    def on_call(service: str, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "ExecuteChangeSet":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy(project_in(root), YES, interrupted.prompt, on_call)
    assert stack_status(root) == "REVIEW_IN_PROGRESS"
    deployed(root)
    assert stack_status(root) == "CREATE_COMPLETE"


def test_a_deploy_whose_command_was_killed_is_recorded(tmp_path: Path) -> None:
    root = notes(tmp_path, "died")
    deployed(root)
    (root / "service" / "handlers" / "get_note.py").write_text("def handler(event, context):\n    return 1\n")
    recorded, calls = RecordedPrompt(), Calls()
    with pytest.raises(KeyboardInterrupt):
        deploy(project_in(root), YES, recorded.prompt, lambda *call: interrupting(calls, *call))
    assert "CloudFormation goes on: homeport status --stage dev" in recorded.text
    while stack_status(root).endswith("_IN_PROGRESS"):
        pass
    assert "no changes" in deployed(root).text
    assert len(find_target(project_in(root)).bucket.manifests("died")) == 2
    assert rollback(project_in(root), YES, RecordedPrompt().prompt) == 0


def interrupting(calls: Calls, service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Ctrl-C at the first look after the change set was executed."""
    executed = "cloudformation:ExecuteChangeSet" in calls.names
    calls.on_call(service, operation, parameters)
    if executed:
        raise KeyboardInterrupt


def test_the_second_of_two_deploys_names_the_person_of_the_first(tmp_path: Path) -> None:
    root = notes(tmp_path, "twice", resources=RESOURCES + SLOW)
    failures: list[BaseException] = []

    def first() -> None:
        try:
            deploy(project_in(root), YES, RecordedPrompt().prompt)
        except DeployFailedError as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    while stack_status(root) != "CREATE_IN_PROGRESS":
        pass
    with pytest.raises(StackStateError, match=r"the stack twice is being changed by root since \d{4}-\d\d-\d\d .* UTC"):
        deploy(project_in(root), YES, RecordedPrompt().prompt)
    thread.join()
    assert "Broken (AWS::CloudFormation::WaitCondition)" in str(failures[0])


def test_the_module_deploy_deploys_the_project_around_it(tmp_path: Path) -> None:
    life = Life(tmp_path / "project", "dev")
    command = [sys.executable, "-m", "deploy", "dev", "--yes", "--no-smoke"]
    done = subprocess.run(command, cwd=life.root, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, "\nurl http" in done.stdout) == (0, True), done.stderr
    item = life.create("logged")
    assert life.read(item)
    assert '"operation": "createItem"' in life.run("logs", "createItem", "--filter", "createItem").stdout
    life.run("destroy", "--yes")


def test_data_loss_is_named_and_needs_its_own_consent(tmp_path: Path) -> None:
    root = notes(tmp_path, "losing", resources=RESOURCES + "  OldTable:" + RESOURCES.partition("NotesTable:")[2])
    deployed(root)
    write_resources(root, RESOURCES)
    recorded = RecordedPrompt()
    with pytest.raises(DeclinedError, match="--allow-data-loss"):
        deploy(project_in(root), YES, recorded.prompt)
    assert "DATA LOSS: OldTable (losing-OldTable-" in recorded.text
    asked = RecordedPrompt(answers=["yes"])
    with pytest.raises(DeclinedError):
        deploy(project_in(root), DeployOptions(Consent(), smoke=False), asked.prompt)
    assert asked.questions == ["data would be lost. Type dev to go on: "]
    assert deploy(project_in(root), DeployOptions(Consent(True, True), smoke=False), RecordedPrompt().prompt) == 0


def test_a_rollback_keeps_a_table_that_the_earlier_deploy_did_not_have(tmp_path: Path) -> None:
    root = notes(tmp_path, "back")
    deployed(root)
    write_resources(root, RESOURCES + "  NewTable:" + RESOURCES.partition("NotesTable:")[2])
    (root / "service" / "handlers" / "get_note.py").write_text("def handler(event, context):\n    return 1\n")
    deployed(root)
    target = find_target(project_in(root))
    tables = target.stack.resources("AWS::DynamoDB::Table")
    first = target.bucket.manifests("back")[0]
    assert rollback(project_in(root), YES, RecordedPrompt().prompt) == 0
    assert target.stack.parameters()["CodeKey"] == first.code
    assert target.stack.resources("AWS::DynamoDB::Table") == tables


def test_new_code_of_a_function_of_its_own_is_deployed_and_rolled_back_alone(tmp_path: Path) -> None:
    own = {"code": "src/a", "handler": "app.handler", "runtime": "python3.12", "layers": ["layer"]}
    root = project_of(
        tmp_path / "own",
        made(
            route(ours=own),
            route("POST", "/things"),
            files={"src/a/app.py": "def handler(event, context):\n    return 1\n", "layer/python/shared.py": "N = 1\n"},
        ),
    ).root
    first = deployed(root, STAGE)
    assert "bundled src/a/: 1 file," in first.text
    target = find_target(project_in(root, STAGE))
    before = target.stack.parameters()
    (root / "src" / "a" / "app.py").write_text("def handler(event, context):\n    return 2\n")
    deployed(root, STAGE)
    after = target.stack.parameters()
    assert {name for name in before if before[name] != after[name]} == {"CodeSrcAKey"}
    assert rollback(project_in(root, STAGE), YES, RecordedPrompt().prompt) == 0
    assert target.stack.parameters() == before


def test_secrets_are_never_printed_stored_or_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_KEY", "correct-horse-battery")
    recorded, calls = RecordedPrompt(), Calls()
    root = notes(tmp_path, "secretive", ", environment: {PARTNER_KEY: '${PARTNER_KEY}'}")
    deployed(root, recorded=recorded, calls=calls)
    assert "horse" not in recorded.text
    kept = client("s3").list_objects_v2(Bucket="homeport-000000000000-us-east-1", Prefix="secretive/")["Contents"]
    bodies = [client("s3").get_object(Bucket="homeport-000000000000-us-east-1", Key=each["Key"]) for each in kept]
    assert all(b"horse" not in body["Body"].read() for body in bodies)
    assert "horse" not in str(find_target(project_in(root)).stack.parameters())
    found = client("lambda").get_function_configuration(FunctionName="secretive-get-note")
    assert found["Environment"]["Variables"]["PARTNER_KEY"] == "correct-horse-battery"
    assert "no changes" in deployed(root).text
    monkeypatch.setenv("PARTNER_KEY", "another-long-secret")
    assert "no changes" not in deployed(root).text


def test_a_protected_stage_keeps_its_tables_without_a_second_consent(tmp_path: Path) -> None:
    root = notes(tmp_path, "kept", ", deletionProtection: true")
    deployed(root)
    (table,) = find_target(project_in(root)).stack.resources("AWS::DynamoDB::Table").values()
    assert destroy(project_in(root), DestroyOptions(yes=True), RecordedPrompt().prompt) == 0
    assert table in client("dynamodb").list_tables()["TableNames"]
    assert stack_status(root) == ""


def test_a_protected_stage_loses_its_tables_with_a_second_consent(tmp_path: Path) -> None:
    root = notes(tmp_path, "given-up", ", deletionProtection: true")
    deployed(root)
    (table,) = find_target(project_in(root)).stack.resources("AWS::DynamoDB::Table").values()
    recorded = RecordedPrompt(answers=["DELETE dev", "given-up"])
    assert destroy(project_in(root), DestroyOptions(), recorded.prompt) == 0
    assert table not in client("dynamodb").list_tables()["TableNames"]
    assert len(recorded.questions) == 2


def test_tables_of_a_protected_stage_are_named_and_deleted_when_its_stack_is_gone(tmp_path: Path) -> None:
    root, other = notes(tmp_path / "1", "outlived", ", deletionProtection: true"), notes(tmp_path / "2", "outlived-too")
    deployed(root)
    deployed(other)
    (table,) = find_target(project_in(root)).stack.resources("AWS::DynamoDB::Table").values()
    destroyed = [RecordedPrompt(), RecordedPrompt(), RecordedPrompt(), RecordedPrompt()]
    for recorded, data in zip(destroyed, (False, False, True, True), strict=True):
        assert destroy(project_in(root), DestroyOptions(yes=True, data=data), recorded.prompt) == 0
    left = f"left in the account, outside of any stack: NotesTable (AWS::DynamoDB::Table {table})"
    assert [left in recorded.text for recorded in destroyed] == [True, True, False, False]
    assert ["--delete-protected-data" in recorded.text for recorded in destroyed] == [True, True, False, False]
    assert f"DATA LOSS: {table} goes" in destroyed[2].text
    assert [f"removed the table {table}" in recorded.text for recorded in destroyed] == [False, False, True, False]
    assert ["nothing is left of outlived" in recorded.text for recorded in destroyed] == [False, False, True, True]
    tables = client("dynamodb").list_tables()["TableNames"]
    assert [name.startswith("outlived-too-") for name in tables if name.startswith("outlived")] == [True]


def test_tables_of_a_failed_first_deploy_are_deleted_with_a_second_consent(tmp_path: Path) -> None:
    root = notes(tmp_path, "half-made", ", deletionProtection: true", resources=RESOURCES + BROKEN)
    with pytest.raises(DeployFailedError):
        deploy(project_in(root), YES, RecordedPrompt().prompt)
    assert stack_status(root) == "ROLLBACK_COMPLETE"
    assert destroy(project_in(root), DestroyOptions(yes=True, data=True), RecordedPrompt().prompt) == 0
    assert [name for name in client("dynamodb").list_tables()["TableNames"] if name.startswith("half-made")] == []


def test_destroy_deletes_its_own_logs_and_objects_only(tmp_path: Path) -> None:
    first, second = notes(tmp_path / "1", "mine"), notes(tmp_path / "2", "mine-too")
    deployed(first)
    deployed(second)
    assert destroy(project_in(first), DestroyOptions(yes=True), RecordedPrompt().prompt) == 0
    groups = client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/mine-")["logGroups"]
    assert {group["logGroupName"] for group in groups} == {
        "/aws/lambda/mine-too-get-note",
        "/aws/lambda/mine-too-put-note",
    }
    assert find_target(project_in(second)).bucket.manifests("mine-too")
    assert find_target(project_in(first)).bucket.manifests("mine") == []
    assert destroy(project_in(first), DestroyOptions(yes=True), RecordedPrompt().prompt) == 0


def test_status_lists_deploys_alarms_and_drift(tmp_path: Path) -> None:
    root = notes(tmp_path, "shown", resources=RESOURCES + ALARM)
    recorded = RecordedPrompt()
    assert status(project_in(root), recorded.prompt) == 1
    deployed(root)
    client("lambda").update_function_configuration(FunctionName="shown-get-note", MemorySize=1024)
    published: dict[str, Any] = {}
    assert status(project_in(root), recorded.prompt, publish=published.update) == 0
    assert published.keys() == set(FIELDS["status"])
    assert published["functions"] == ["shown-get-note", "shown-put-note"]
    assert published["drift"]["resources"][0]["properties"] == ["/MemorySize"]
    assert "stack shown in us-east-1, account 000000000000: CREATE_COMPLETE" in recorded.text
    assert "alarm shown" in recorded.text
    assert "by root, commit" in recorded.text
    assert "drift: GetNoteFunction (AWS::Lambda::Function) was changed by hand: /MemorySize" in recorded.text
