"""The template of a Chalice app: code in place, lines of the app, and what its events only name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.chalice.app_template import app_template
from homeport.project.chalice.format import CHALICE
from homeport.project.load import read_project
from homeport.project.model import Source
from homeport.project.source.document import Document
from tests.support.project import write_files


def function(handler: str) -> dict[str, Any]:
    """Return a function as Chalice writes it."""
    properties = {"CodeUri": ".", "Handler": handler, "Runtime": "python3.13", "Tracing": "PassThrough"}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def template_of(root: Path, more: dict[str, Any] | None = None, **result: Any) -> Document:
    integration = {"type": "aws_proxy", "uri": "x", "contentHandling": "CONVERT_TO_TEXT"}
    paths = {"/notes": {"get": {"x-amazon-apigateway-integration": integration}, "options": {}}}
    resources = {
        "APIHandler": function("app.app"),
        "Job": function("app.job"),
        "RestAPI": {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionBody": {"paths": paths}}},
    }
    read = {
        "template": {"Resources": resources},
        "routes": {"/notes": {"GET": ["chalicelib/routes.py", 7]}},
        "functions": {"Job": ["app.py", 30]},
        **result,
    }
    return app_template(root, read, root / "layer", more or {})


def test_functions_run_in_the_project_with_the_runtime_of_chalice(tmp_path: Path) -> None:
    document = template_of(tmp_path)
    for name in ("APIHandler", "Job"):
        properties = document.value["Resources"][name]["Properties"]
        assert (properties["CodeUri"], properties["Layers"]) == (str(tmp_path), [{"Ref": "ChaliceRuntime"}])
    assert document.value["Resources"]["ChaliceRuntime"]["Properties"] == {"Content": str(tmp_path / "layer")}


def test_a_route_and_a_function_have_the_lines_of_the_app(tmp_path: Path) -> None:
    document = template_of(tmp_path)
    body = ("Resources", "RestAPI", "Properties", "DefinitionBody", "paths", "/notes")
    assert document.source((*body, "get", "x-amazon-apigateway-integration")) == Source("chalicelib/routes.py", 7)
    assert document.source(("Resources", "Job", "Properties", "Handler")) == Source("app.py", 30)


def test_queues_and_others_that_an_app_only_names_are_made(tmp_path: Path) -> None:
    sources = [
        {"function": "Job", "queue": "jobs"},
        {"function": "Job", "queue_arn": "arn:aws:sqs:us-east-1:123456789012:more.fifo"},
        {"function": "Job", "topic": "news"},
        {"function": "Job", "stream": "clicks"},
        {"function": "Job", "bucket": "uploads", "events": ["s3:ObjectCreated:*"], "suffix": ".png"},
    ]
    resources = template_of(tmp_path, sources=sources).value["Resources"]
    assert resources["QueueJobs"]["Properties"] == {"QueueName": "jobs"}
    assert resources["QueueMoreFifo"]["Properties"] == {"QueueName": "more.fifo", "FifoQueue": True}
    assert resources["TopicNews"]["Properties"] == {"TopicName": "news"}
    assert resources["StreamClicks"]["Properties"] == {"Name": "clicks", "ShardCount": 1}
    (entry,) = resources["BucketUploads"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    assert entry == {
        "Event": "s3:ObjectCreated:*",
        "Function": {"Fn::GetAtt": ["Job", "Arn"]},
        "Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".png"}]}},
    }


def test_a_queue_of_the_apps_own_template_is_the_one_that_is_named(tmp_path: Path) -> None:
    own = {"Resources": {"Mine": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}}}
    resources = template_of(tmp_path, own, sources=[{"function": "Job", "queue": "jobs"}]).value["Resources"]
    assert "Mine" in resources and "QueueJobs" not in resources


def test_a_folder_without_a_configuration_of_chalice_is_none(tmp_path: Path) -> None:
    write_files(tmp_path, {"app.py": "app = 1\n"})
    assert CHALICE.find(tmp_path) is None
    write_files(tmp_path, {".chalice/config.json": "{}\n"})
    assert CHALICE.find(tmp_path) == "app.py"


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"stages": []}', '{"stages": {"dev": 7}}'])
def test_a_configuration_that_is_none_is_a_problem_of_its_file(tmp_path: Path, text: str) -> None:
    write_files(tmp_path, {"app.py": "app = 1\n", ".chalice/config.json": text})
    project, problems = read_project(tmp_path, environ={})
    assert project is None
    assert [problem.file for problem in problems] == [".chalice/config.json"]
