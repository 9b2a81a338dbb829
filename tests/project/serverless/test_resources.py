"""The owner's resources beside those that are made, and the configuration as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.formats.registry import find_source
from homeport.project.model import Source
from homeport.project.project import NO_INPUTS, ProjectInputs
from tests.support.project import write_files
from tests.support.serverless import HEAD, read_service_project, read_service_text, service_problems

pytestmark = pytest.mark.unit

FUNCTIONS = "functions: {get: {handler: app.handler, events: [{http: GET a}]}}\n"


def test_the_owners_values_are_merged_over_those_that_are_made(tmp_path: Path) -> None:
    text = f"""{HEAD}{FUNCTIONS}
resources:
  Resources:
    ApiGatewayRestApi: {{Properties: {{Name: mine}}}}
  extensions:
    GetLambdaFunction: {{Properties: {{MemorySize: 99}}}}
  Outputs: {{Url: {{Value: !Ref ApiGatewayRestApi}}}}
"""
    read = read_service_text(tmp_path, text)
    assert read.properties("ApiGatewayRestApi") == {"Name": "mine"}
    assert read.properties("GetLambdaFunction")["MemorySize"] == 99
    assert read.template.document.value["Outputs"] == {"Url": {"Value": {"Ref": "ApiGatewayRestApi"}}}


def test_resources_may_be_a_list_of_files(tmp_path: Path) -> None:
    text = (
        f"{HEAD}{FUNCTIONS}resources: ['${{file(a.yml)}}', '${{file(b.yml)}}', {{Conditions: {{C: !Equals [a, a]}}}}]\n"
    )
    files = {
        "a.yml": "Resources:\n  A: {Type: AWS::SQS::Queue}\n",
        "b.yml": "Resources:\n  B: {Type: AWS::SQS::Queue, Properties: {QueueName: '${self:service}-b'}}\n",
    }
    read = read_service_text(tmp_path, text, files)
    assert read.resources["A"] == {"Type": "AWS::SQS::Queue"}
    assert read.properties("B") == {"QueueName": "notes-b"}
    assert read.template.document.source(("Resources", "B", "Properties", "QueueName")) == Source("b.yml", 2)
    assert read.template.document.source(("Resources", "A")) == Source("a.yml", 2)


def test_functions_may_be_a_list_of_files(tmp_path: Path) -> None:
    text = f"{HEAD}functions: ['${{file(a.yml)}}', '${{file(b.yml)}}']\n"
    files = {"a.yml": "a: {handler: app.handler}\n", "b.yml": "b: {handler: app.handler}\n"}
    project, _ = read_service_project(tmp_path, text, files)
    assert sorted(project.api.functions) == ["ALambdaFunction", "BLambdaFunction"]


def test_variables_and_functions_of_cloudformation_stand_side_by_side(tmp_path: Path) -> None:
    variables = "{A: !Sub 'arn:${AWS::Region}:${self:service}'}"
    text = f"{HEAD}functions: {{get: {{handler: app.handler, environment: {variables}}}}}\n"
    project, problems = read_service_project(tmp_path, text)
    assert project.api.functions["GetLambdaFunction"].environment["A"] == "arn:us-east-1:notes"
    assert problems == []


def test_the_stack_has_the_frameworks_name_and_region(tmp_path: Path) -> None:
    head = HEAD.replace("name: aws", "name: aws, region: eu-west-1")
    variables = "{A: !Sub '${AWS::StackName} ${AWS::Region}'}"
    text = f"{head}functions: {{get: {{handler: app.handler, environment: {variables}}}}}"
    project, _ = read_service_project(tmp_path, text)
    assert project.api.functions["GetLambdaFunction"].environment["A"] == "notes-dev eu-west-1"


def test_parameters_of_the_template_are_given_too(tmp_path: Path) -> None:
    text = f"{HEAD}{FUNCTIONS}resources: {{Parameters: {{Color: {{Type: String, Default: red}}}}}}\n"
    _, problems = read_service_project(tmp_path, text, inputs=ProjectInputs(parameters=(("Color", "blue"),)))
    assert problems == []
    _, problems = read_service_project(tmp_path, text, inputs=ProjectInputs(parameters=(("Colour", "blue"),)))
    assert problems == ["serverless.yml:4: the template has no parameter 'Colour'"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("service: x\nprovider: google\nfunctions: {}", "the provider is google, and only aws is read here"),
        ("service: x\nfunctions: {}", "the configuration has no provider"),
        ("provider: {name: aws}", "the configuration has no service"),
        ("service: x\nprovider: {runtime: y}", "provider has no name"),
        ("component: website\nname: x", "this is a Serverless Component, which is not read"),
        ("- service", "holds no map, so it is no configuration of a service"),
        ("services: {a: {path: a}}", "this is a list of services for Serverless Compose"),
        (f"{HEAD}functions: 5", "functions is no map and no list of maps"),
        (f"{HEAD}functions: {{a: 5}}", "the function a is no map"),
        (f"{HEAD}functions: {{a: {{}}}}", "the function a has no handler"),
        (f"{HEAD}functions: {{'a b': {{handler: app.handler}}}}", "the function's name 'a b' has other characters"),
        (f"{HEAD}functions: {{a: {{handler: app.handler, events: x}}}}", "events is no list"),
        (f"{HEAD}resources: 5", "resources is no map and no list of maps"),
        (f"{HEAD}resources: [5]", "this part of resources is no map"),
        (f"{HEAD}resources: {{Table: {{Type: 'AWS::SQS::Queue'}}}}", "resources has no section 'Table'"),
        (f"{HEAD}resources: {{extensions: {{No: {{}}}}}}", "the extended resource No does not exist"),
        (f"{HEAD}layers: {{a: {{}}}}", "the layer a has no path"),
    ],
)
def test_a_configuration_that_can_not_be_read_says_so(tmp_path: Path, text: str, message: str) -> None:
    problems = service_problems(tmp_path, text)
    assert any(message in problem for problem in problems), problems


def test_a_configuration_in_another_language_is_named_with_the_way_out(tmp_path: Path) -> None:
    write_files(tmp_path, {"serverless.ts": "export default {}"})
    source = find_source(tmp_path, NO_INPUTS)
    assert source is not None
    assert (source.format.name, source.file) == ("Serverless Framework", "serverless.ts")
    (tmp_path / "serverless.yml").write_text("service: x\nprovider: aws\n")
    found = find_source(tmp_path, NO_INPUTS)
    assert found is not None
    assert found.file == "serverless.yml"


def test_unknown_keys_and_plugins_are_named(tmp_path: Path) -> None:
    functions = FUNCTIONS.replace("handler:", "memory: 5, handler:")
    text = f"{HEAD}{functions}plugins: [my-own, serverless-offline, serverless-lift]\n"
    assert service_problems(tmp_path, text) == [
        "serverless.yml:3: the key 'memory' of the function get is not read",
        "serverless.yml:4: serverless-lift is not run here: its constructs are not made",
        "serverless.yml:4: what these plugins change is not known, and missing here: my-own",
    ]
    assert service_problems(tmp_path, f"configValidationMode: 'off'\n{text}")[0].startswith("serverless.yml:5")


def test_resources_that_a_plugin_would_make_have_a_stand_in(tmp_path: Path) -> None:
    variables = "{A: !Ref GraphApi, B: !Sub '${GraphApi.Url}', C: !GetAtt GraphApi.Id}"
    text = f"{HEAD}functions: {{get: {{handler: app.handler, environment: {variables}}}}}\n"
    assert any("no resource 'GraphApi'" in problem for problem in service_problems(tmp_path, text))
    project, problems = read_service_project(tmp_path, f"{text}plugins: [serverless-appsync-plugin]\n")
    assert "GraphApi" in project.api.functions["GetLambdaFunction"].environment["A"]
    assert any(
        problem.startswith("serverless.yml:4: Custom::OfAPlugin is not emulated: GraphApi") for problem in problems
    )
