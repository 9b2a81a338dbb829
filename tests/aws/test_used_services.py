"""The services of a project follow from its resources, its roles and nothing else."""

from __future__ import annotations

from pathlib import Path

from homeport.aws.endpoints import ServiceEndpoints
from homeport.aws.services import SERVICES, find_service, needs_process, used_services
from homeport.project.load import load_project
from tests.support.project import RESOURCES, SPEC, write_files

QUEUE = "  JobsQueue: {Type: AWS::SQS::Queue}\n"


def used(root: Path, *, resources: str = "", spec: str = SPEC) -> dict[str, tuple[str, ...]]:
    handlers = {f"service/handlers/{name}.py": "def handler(event, context): ..." for name in ("get_note", "put_note")}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    files = {"openapi.yaml": spec, "deploy/resources.yaml": RESOURCES + resources, **handlers, **packages}
    return dict(used_services(load_project(write_files(root, files), environ={})))


def test_project_with_tables_alone_uses_none(tmp_path: Path) -> None:
    assert used(tmp_path) == {}


def test_resource_has_its_service_start(tmp_path: Path) -> None:
    assert used(tmp_path, resources=QUEUE) == {"sqs": ("JobsQueue",)}


def test_alarm_and_log_group_have_none_start(tmp_path: Path) -> None:
    quiet = "  Alarm: {Type: AWS::CloudWatch::Alarm}\n  Log: {Type: AWS::Logs::LogGroup}\n"
    assert used(tmp_path, resources=quiet) == {}


def test_allowed_actions_have_their_services_start(tmp_path: Path) -> None:
    policies = "policies: [{Effect: Allow, Action: [s3:GetObject, 'states:*', logs:PutLogEvents], Resource: '*'}]"
    spec = SPEC.replace("access: {NotesTable: [PutItem]}", policies)
    assert used(tmp_path, spec=spec) == {"s3": ("put-note",), "states": ("put-note",)}


def test_denied_actions_and_all_actions_have_none_start(tmp_path: Path) -> None:
    denied = "{Effect: Deny, Action: 's3:*', Resource: '*'}"
    spec = SPEC.replace("access: {NotesTable: [PutItem]}", f"policies: [{denied}]")
    assert used(tmp_path, spec=spec) == {}


def test_function_that_invokes_another_needs_no_process(tmp_path: Path) -> None:
    policies = "policies: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: '*'}]"
    files = {"openapi.yaml": SPEC.replace("access: {NotesTable: [PutItem]}", policies)}
    assert used(tmp_path, spec=files["openapi.yaml"]) == {"lambda": ("put-note",)}
    assert not needs_process(load_project(tmp_path, environ={}))


def test_services_are_found_by_each_of_their_names() -> None:
    for name, wanted in (("SFN", "states"), ("stepfunctions", "states"), ("monitoring", "cloudwatch"), ("S3", "s3")):
        found = find_service(name)
        assert found is not None and found.name == wanted
    assert find_service("textract") is None
    assert set(SERVICES) >= {"s3", "sqs", "sns", "events", "ssm", "secretsmanager", "kinesis", "cognito-idp", "kms"}


def test_each_service_has_its_endpoint() -> None:
    endpoints = ServiceEndpoints("http://d", "http://a", "http://f")
    assert [endpoints.url(name) for name in ("dynamodb", "sqs", "states", "lambda", "textract")] == [
        "http://d",
        "http://a",
        "http://a",
        "http://f",
        None,
    ]
    assert ServiceEndpoints().url("sqs") is None
    assert endpoints.variables() == {
        "AWS_ENDPOINT_URL": "http://a",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://d",
        "AWS_ENDPOINT_URL_LAMBDA": "http://f",
    }
    assert ServiceEndpoints().variables() == {}


def test_urls_of_queues_lead_to_the_local_service() -> None:
    variables = {"QUEUE": "https://sqs.eu-west-1.amazonaws.com/000000000000/jobs", "OTHER": "https://example.com/1"}
    local = ServiceEndpoints(aws="http://127.0.0.1:4566").local_queue_urls(variables)
    assert local == {"QUEUE": "http://127.0.0.1:4566/000000000000/jobs", "OTHER": "https://example.com/1"}
    assert ServiceEndpoints().local_queue_urls(variables) == variables
