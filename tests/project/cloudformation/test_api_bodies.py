"""Documents of APIs in local files, and references from them into other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sam_templates import SAM, read_plain

OPEN = "openapi: 3.0.1\npaths:\n  /x:\n    get: {summary: read}\n"
BODY = ("Resources", "Api", "Properties", "Body")


@pytest.mark.parametrize(
    "template",
    [
        f"{SAM}Resources:\n  Api:\n    Type: AWS::Serverless::Api\n"
        "    Properties: {StageName: v1, DefinitionUri: ./api/open.yaml}\n",
        f"{SAM}Resources:\n  Api:\n    Type: AWS::Serverless::HttpApi\n"
        "    Properties: {DefinitionUri: api/open.yaml}\n",
        "\nResources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {BodyS3Location: api/open.yaml}\n",
        "\nResources:\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {BodyS3Location: api/open.yaml}\n",
    ],
)
def test_local_document_is_the_body(tmp_path: Path, template: str) -> None:
    plain = read_plain(tmp_path, {"template.yaml": template, "api/open.yaml": OPEN})
    assert plain.value(*BODY) == {"openapi": "3.0.1", "paths": {"/x": {"get": {"summary": "read"}}}}
    assert plain.place(*BODY) == "template.yaml:5"
    assert plain.place(*BODY, "paths", "/x", "get", "summary") == "api/open.yaml:4"
    assert "BodyS3Location" not in plain.value("Resources", "Api", "Properties")
    assert plain.text() == []


def plain_api(location: str) -> str:
    """Return a template with an API whose document is elsewhere."""
    return (
        f"Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      BodyS3Location: {location}\n"
    )


def test_document_on_s3_is_the_local_file_of_its_name(tmp_path: Path) -> None:
    template = plain_api("{Bucket: b, Key: v1/open.yaml}")
    plain = read_plain(tmp_path, {"template.yaml": template, "api/open.yaml": OPEN})
    assert plain.value(*BODY, "openapi") == "3.0.1"


def test_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    plain = read_plain(tmp_path, plain_api("gone.yaml"))
    assert plain.text() == [
        "template.yaml:5: warning: the API's document gone.yaml can't be read: it is served without routes "
        "(name a local file)"
    ]


def test_function_in_a_document_that_is_no_body_is_a_warning(tmp_path: Path) -> None:
    document = "openapi: 3.0.1\npaths: {/x: {get: {summary: {'Fn::Sub': a}}}}\n"
    plain = read_plain(tmp_path, {"template.yaml": plain_api("open.yaml"), "open.yaml": document})
    assert plain.text() == [
        "template.yaml:5: warning: open.yaml has Fn::Sub, which CloudFormation works out in a Body only "
        "(include the file: DefinitionBody with Fn::Transform and AWS::Include)"
    ]


def test_reference_into_another_file_is_what_it_leads_to(tmp_path: Path) -> None:
    files = {
        "template.yaml": plain_api("api/open.yaml"),
        "api/open.yaml": "openapi: 3.0.1\npaths:\n  /x:\n    $ref: './paths.yaml#/~1x'\n",
        "api/paths.yaml": "/x:\n  get:\n    schema: {$ref: 'schemas/item.yaml'}\n    other: {$ref: '#/shared'}\n"
        "shared: {a: b}\n",
        "api/schemas/item.yaml": "type: object\n",
    }
    plain = read_plain(tmp_path, files)
    assert plain.value(*BODY, "paths") == {"/x": {"get": {"schema": {"type": "object"}, "other": {"a": "b"}}}}
    assert plain.place(*BODY, "paths", "/x") == "api/open.yaml:3"
    assert plain.place(*BODY, "paths", "/x", "get") == "api/paths.yaml:2"
    assert plain.place(*BODY, "paths", "/x", "get", "schema", "type") == "api/schemas/item.yaml:1"
    assert plain.text() == [
        "api/open.yaml:4: warning: API Gateway does not follow the reference './paths.yaml#/~1x' into another file "
        "(bundle the files before you deploy)",
        "api/paths.yaml:3: warning: API Gateway does not follow the reference 'schemas/item.yaml' into another file "
        "(bundle the files before you deploy)",
    ]


@pytest.mark.parametrize(
    ("version", "place"),
    [("openapi: 3.0.1", ("components", "schemas")), ("swagger: '2.0'", ("definitions",))],
)
def test_schema_that_contains_itself_is_one_of_the_documents_own(
    tmp_path: Path, version: str, place: tuple[str, ...]
) -> None:
    tree = "Tree: {properties: {below: {items: {$ref: '#/Tree'}}}}\n"
    files = {
        "template.yaml": plain_api("open.yaml"),
        "open.yaml": f"{version}\npaths: {{/x: {{get: {{schema: {{$ref: 'schemas.yaml#/Tree'}}}}}}}}\n",
        "schemas.yaml": tree,
    }
    plain = read_plain(tmp_path, files)
    reference = {"$ref": "#/" + "/".join((*place, "Tree"))}
    assert plain.value(*BODY, "paths", "/x", "get", "schema") == reference
    assert plain.value(*BODY, *place, "Tree") == {"properties": {"below": {"items": reference}}}
    assert plain.place(*BODY, *place, "Tree", "properties") == "schemas.yaml:1"


def test_schema_of_another_file_takes_no_name_of_the_documents_own(tmp_path: Path) -> None:
    files = {
        "template.yaml": plain_api("open.yaml"),
        "open.yaml": "openapi: 3.0.1\npaths: {/x: {get: {schema: {$ref: 's.yaml#/Tree'}}}}\n"
        "components: {schemas: {Tree: {type: string}}}\n",
        "s.yaml": "Tree: {items: {$ref: '#/Tree'}}\n",
    }
    schemas = read_plain(tmp_path, files).value(*BODY, "components", "schemas")
    assert schemas["Tree"] == {"type": "string"}
    assert schemas["Tree2"] == {"items": {"$ref": "#/components/schemas/Tree2"}}


@pytest.mark.parametrize("reference", ["gone.yaml#/A", "s.yaml#/Gone"])
def test_reference_to_nothing_is_an_error_with_its_line(tmp_path: Path, reference: str) -> None:
    files = {
        "template.yaml": plain_api("open.yaml"),
        "open.yaml": f"openapi: 3.0.1\npaths:\n  /x:\n    get: {{schema: {{$ref: '{reference}'}}}}\n",
        "s.yaml": "A: {}\n",
    }
    problems = [problem for problem in read_plain(tmp_path, files).text() if "error" in problem]
    assert problems == [
        f"open.yaml:4: error: the reference '{reference}' leads to nothing (check the file and the path in it)"
    ]


def test_references_in_the_document_itself_stay(tmp_path: Path) -> None:
    body = "openapi: 3.0.1\npaths: {/x: {get: {schema: {$ref: '#/components/schemas/A'}}}}\n"
    plain = read_plain(tmp_path, {"template.yaml": plain_api("open.yaml"), "open.yaml": body})
    assert plain.value(*BODY, "paths", "/x", "get", "schema") == {"$ref": "#/components/schemas/A"}
    assert plain.text() == []
