"""The template as a whole: golden files, parameters, secrets, limits, speed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import (
    StackTemplateError,
    build_template,
    count_resources,
    render_template,
)
from homeport.cloud.template.code import BUCKET_PARAMETER, CodeParameters
from homeport.cloud.template.monitoring import LOG_ROLE_PARAMETER
from homeport.cloud.template.secrets import without_secrets
from homeport.errors import ProjectError
from homeport.project.check import limits
from homeport.project.project import Project
from tests.support.made_project import Made
from tests.support.template import (
    ACCESS,
    BODY,
    CORS,
    ENVIRON,
    FEATURES,
    SECRET,
    TABLES,
    VALIDATORS,
    changed,
    made,
    project_of,
    route,
)

GOLDEN = Path(__file__).parent / "templates"


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Return the project of a feature, written and read once for all tests that only look at it."""
    return cache(lambda name: project_of(tmp_path_factory.mktemp("feature") / "project", FEATURES[name]))


@pytest.fixture(scope="module")
def templates(projects: Callable[[str], Project]) -> Callable[[str], dict[str, Any]]:
    """Return the template of a feature, built once."""
    return cache(lambda name: build_template(projects(name)))


def template_of(root: Path, made: Made) -> dict[str, Any]:
    return build_template(project_of(root / "project", made))


@pytest.mark.parametrize("name", ["tables", "jwt", "api keys", "validators", "secrets"])
def test_a_template_is_what_it_was(templates: Callable[[str], dict[str, Any]], name: str) -> None:
    """A golden file that is not there is written; look at it, then keep it."""
    text = render_template(templates(name))
    file = GOLDEN / f"{name.replace(' ', '-')}.json"
    if not file.exists():
        file.write_text(text)
        pytest.fail(f"{file} was written")
    assert json.loads(text) == json.loads(file.read_text())
    assert text == file.read_text()


@pytest.mark.parametrize("name", FEATURES)
def test_the_same_project_gives_the_same_text_wherever_it_is(
    tmp_path: Path, projects: Callable[[str], Project], templates: Callable[[str], dict[str, Any]], name: str
) -> None:
    first, second = render_template(templates(name)), render_template(template_of(tmp_path, FEATURES[name]))
    assert first == second
    assert str(projects(name).root) not in first


@pytest.mark.parametrize("name", FEATURES)
def test_only_code_and_secrets_have_no_default(
    projects: Callable[[str], Project], templates: Callable[[str], dict[str, Any]], name: str
) -> None:
    project, template = projects(name), templates(name)
    parameters, secrets = template["Parameters"], without_secrets(project)[1]
    without = {key for key, parameter in parameters.items() if "Default" not in parameter}
    assert without == {BUCKET_PARAMETER, *CodeParameters(project).names, *secrets.parameter_values(template)}
    assert (LOG_ROLE_PARAMETER in parameters) == (project.stage.flavor == "rest")


def test_secrets_are_given_as_parameters(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["api keys"])
    _, secrets = without_secrets(project)
    assert secrets.parameter_values(build_template(project)) == {"ApiKeysPartnerValue": SECRET}


@pytest.mark.parametrize("name", FEATURES)
def test_no_secret_is_in_a_template(templates: Callable[[str], dict[str, Any]], name: str) -> None:
    text = render_template(templates(name))
    used = [value for word, value in ENVIRON.items() if f"${{{word}}}" in repr(FEATURES[name])]
    assert [value for value in used if value in text] == []


def test_a_secret_is_referred_to_wherever_it_stands(tmp_path: Path) -> None:
    template = template_of(tmp_path, FEATURES["secrets"])
    resources, parameters = template["Resources"], template["Parameters"]
    assert {name for name, it in parameters.items() if it.get("NoEcho")} == {
        "AlarmsTopic",
        "DomainCertificateArn",
        "DomainName",
        "EnvironmentApiToken",
        "EnvironmentGreeting",
        "VariablesColour",
    }
    assert resources["Route0Function"]["Properties"]["Environment"]["Variables"] == {
        "THINGS_TABLE": {"Ref": "ThingsTable"},
        "API_TOKEN": {"Ref": "EnvironmentApiToken"},
        "GREETING": {"Ref": "EnvironmentGreeting"},
        "PASSWORD": "{{resolve:ssm:/things/password:1}}",
    }
    assert resources["ApiStage"]["Properties"]["StageVariables"] == {"colour": {"Ref": "VariablesColour"}}
    assert resources["ApiErrorsAlarm"]["Properties"]["AlarmActions"] == [{"Ref": "AlarmsTopic"}]
    assert resources["ApiDomain"]["Properties"]["DomainName"] == {"Ref": "DomainName"}


def test_a_secret_inside_other_text_is_filled_in_by_cloudformation(tmp_path: Path) -> None:
    body = template_of(tmp_path, FEATURES["secret origins"])["Resources"]["Api"]["Properties"]["Body"]
    answer = body["paths"]["/things/{id}"]["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    assert answer["responseParameters"]["method.response.header.Access-Control-Allow-Origin"] == {
        "Fn::Sub": "'${CorsAllowOrigins0}'"
    }
    [template] = answer["responseTemplates"].values()
    assert '$origin == "${CorsAllowOrigins0}"' in template["Fn::Sub"]


def test_another_secret_makes_another_deployment_and_version(tmp_path: Path) -> None:
    def ids(place: str, value: str) -> tuple[list[str], Any]:
        settings = {"snapStart": True, "environment": {"WORD": value}, "cors": {"allowOrigins": [value]}}
        template = template_of(tmp_path / place, changed(FEATURES["rest cors"], stage=settings))
        deployments = [name for name in template["Resources"] if name.startswith("ApiDeployment")]
        return deployments, template["Resources"]["Route0Version"]["Properties"]["Description"]

    assert ids("a", "${ORIGIN}") == ids("b", "${ORIGIN}")
    first, other = ids("c", "${ORIGIN}"), ids("d", "${ORIGIN}.org")
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_a_name_of_the_kit_in_resources_yaml_is_an_error_at_its_line(tmp_path: Path) -> None:
    resources = {
        "Parameters": {"CodeBucket": {"Type": "String", "Default": "b"}},
        "Resources": {"Api": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ApiUrl": {"Value": "https://example.com"}},
    }
    with pytest.raises(ProjectError) as raised:
        template_of(tmp_path, made(resources=resources))
    assert str(raised.value).splitlines() == [
        f"deploy/resources.yaml:{line}: error: the kit's part of the stack has {name!r} too (choose another name)"
        for line, name in ((2, "CodeBucket"), (6, "Api"), (9, "ApiUrl"))
    ]


def test_the_resources_of_resources_yaml_are_in_the_template(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["further resources"])
    template = build_template(project)
    document = project.resources.document
    assert template["Mappings"] == document["Mappings"]
    assert template["Conditions"] == document["Conditions"]
    assert template["Outputs"]["QueueUrl"] == {"Value": {"Ref": "Queue"}}
    assert template["Resources"]["Files"] == document["Resources"]["Files"]
    assert template["Parameters"]["Stage"] == {"Type": "String", "Default": "prod"}
    assert template["Parameters"]["DeletionProtection"] == {"Type": "String", "Default": "false"}


@pytest.mark.parametrize("protected", [True, False])
def test_tables_are_kept_where_the_stage_is_protected(tmp_path: Path, protected: bool) -> None:
    project = made(route(ours=ACCESS), resources=TABLES, stage={"deletionProtection": protected})
    table = template_of(tmp_path, project)["Resources"]["ThingsTable"]
    assert table["DeletionPolicy"] == ("Retain" if protected else "Delete")
    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"].get("DeletionProtectionEnabled", False) is protected


def test_too_many_resources_are_an_error(tmp_path: Path) -> None:
    routes = [route("GET", f"/things{number}") for number in range(90)]
    with pytest.raises(StackTemplateError, match="would hold 543 resources, more than CloudFormation's 500"):
        template_of(tmp_path, made(*routes))


@pytest.mark.parametrize("name", FEATURES)
def test_check_counts_the_resources_that_there_will_be(
    projects: Callable[[str], Project], templates: Callable[[str], dict[str, Any]], name: str
) -> None:
    assert limits.count_resources(projects(name)) == count_resources(templates(name))


@pytest.mark.stack  # Seconds of one core.
@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_three_hundred_operations_in_groups_take_less_than_two_seconds(
    tmp_path: Path, flavor: Any, record_property: Any
) -> None:
    routes = [
        route("POST", f"/things{number}/{{id}}", ours={"function": f"group{number % 20}", **ACCESS}, requestBody=BODY)
        for number in range(300)
    ]
    spec = {**VALIDATORS, "x-amazon-apigateway-cors": CORS}
    project = project_of(tmp_path / "project", made(*routes, flavor=flavor, resources=TABLES, spec=spec))
    started = time.process_time()
    template = build_template(project)
    size = len(render_template(template))
    seconds = time.process_time() - started
    print(f"{flavor}: {seconds:.2f} s, {count_resources(template)} resources, {size} bytes")
    assert seconds < 2
