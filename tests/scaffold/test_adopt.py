"""homeport adopt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.errors import HomeportError
from homeport.project.check import examine_project
from homeport.project.integrations import LambdaProxy
from homeport.project.load import load_project
from homeport.project.model import Api
from homeport.project.openapi.extensions import INTEGRATION
from homeport.scaffold.adopt import AdoptionReport, adopt
from tests.support.scaffold import KIT, contents, homeport

FOLDER = Path(__file__).parent / "adopted"
DOCUMENTS = sorted(file.name for file in FOLDER.iterdir())


def adopted(tmp_path: Path, name: str) -> tuple[Path, AdoptionReport]:
    root = tmp_path / "my-api"
    return root, adopt(FOLDER / name, root, KIT)


def spec_of(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "openapi.yaml").read_text())
    return found


def routes(api: Api) -> dict[str, tuple[str, str]]:
    return {f"{found.method} {found.path}": (found.id, found.function or "") for found in api.operations}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_adopted_project_passes_check(tmp_path: Path, name: str) -> None:
    root, report = adopted(tmp_path, name)
    assert [problem for problem in examine_project(root) if problem.severity == "error"] == []
    assert all((root / place).is_file() for place in report.written)
    assert {Path("Makefile"), Path("deploy/stages.yaml"), Path("tests/contract/test_contract.py")} <= {*report.written}


@pytest.mark.slow
# http-export.json leads to a backend that is not there.
@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "http-export.json"])
def test_an_adopted_project_keeps_its_contract_at_once(tmp_path: Path, name: str) -> None:
    root, _ = adopted(tmp_path, name)
    # The handlers answer with examples and store nothing, so no promise of REST can hold yet.
    done = homeport(root, "test", "--phases", "fuzz", "--max-examples", "5", patience=1500)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


def test_a_plain_document_keeps_its_comments_and_names(tmp_path: Path) -> None:
    root, report = adopted(tmp_path, "plain.yaml")
    text = (root / "openapi.yaml").read_text()
    assert text.startswith("# The pet shop's API, as its designers wrote it.\nopenapi: 3.0.2\n")
    assert "      operationId: listPets   # the handler's name\n" in text
    project = load_project(root)
    assert (project.stage.flavor, project.stage.payload_format) == ("http", "2.0")
    assert routes(project.api) == {
        "GET /pets": ("listPets", "list-pets"),
        "POST /pets": ("postPets", "post-pets"),
        "GET /pets/{petId}": ("getPet", "get-pet"),
        "DELETE /pets/{petId}": ("deletePet", "delete-pet"),
        "PUT /pets/{petId}/photo": ("putPhoto", "put-photo"),
    }
    assert report.unmapped == (
        "plain.yaml:68: /files/{name}.{kind}: API Gateway's variables are whole segments; it is left out",
        "plain.yaml:72: who issues the tokens of token: set auth.token of each stage in deploy/stages.yaml",
        "plain.yaml:73: the scheme partner (http): service/handlers/partner_authorizer.py lets nobody in "
        "until you write who may",
        "plain.yaml:48: the alternative partner: one authorizer a route",
        "plain.yaml:38: the operationId 'get pet', which is getPet now",
        "plain.yaml:56: PUT /pets/{petId}/photo: bodies of image/png are not checked by its handler",
    )
    assert project.api.authorizers["token"].kind == "jwt"


def test_an_http_api_s_export_keeps_its_authorizers_cors_and_functions(tmp_path: Path) -> None:
    root, report = adopted(tmp_path, "http-export.json")
    project = load_project(root)
    assert project.stage.flavor == "http"
    assert routes(project.api) == {
        "GET /orders": ("getOrders", "orders-fn"),
        "POST /orders": ("postOrders", "orders-fn"),
        "ANY /old/{proxy+}": ("anyOldProxy", ""),
        "POST /queue": ("postQueue", ""),
        "ANY /$default": ("anyDefault", "any-default"),
    }
    assert project.api.cors is not None
    assert project.api.cors.allow_origins == ("https://shop.example.com",)
    assert {name: found.kind for name, found in project.api.authorizers.items()} == {
        "members": "jwt",
        "guard": "request",
    }
    assert project.api.authorizers["members"].issuer == "https://issuer.example.com"
    assert project.api.operations_by_id["postOrders"].integration == LambdaProxy("orders-fn", timeout=5.0)
    text = (root / "openapi.yaml").read_text()
    assert not [word for word in ("arn:aws:lambda", "execute-api", "importexport") if word in text]
    original = json.loads((FOLDER / "http-export.json").read_text())["paths"]
    for path, method in (("/old/{proxy+}", "x-amazon-apigateway-any-method"), ("/queue", "post")):
        assert spec_of(root)["paths"][path][method][INTEGRATION] == original[path][method][INTEGRATION]
    assert not list((root / "service" / "handlers").glob("*_queue.py"))
    assert report.unmapped == (
        "http-export.json:61: the code of guard: service/handlers/orders_guard.py lets nobody in until you write "
        "who may",
    )
    assert '"isAuthorized": False' in (root / "service" / "handlers" / "orders_guard.py").read_text()


def test_a_rest_api_s_export_keeps_models_validators_and_gateway_responses(tmp_path: Path) -> None:
    root, report = adopted(tmp_path, "rest-export.json")
    project = load_project(root)
    spec = spec_of(root)
    original = json.loads((FOLDER / "rest-export.json").read_text())
    assert project.stage.flavor == "rest"
    for key in ("request-validators", "gateway-responses", "policy"):
        assert spec[f"x-amazon-apigateway-{key}"] == original[f"x-amazon-apigateway-{key}"]
    assert spec["components"]["schemas"] == original["components"]["schemas"]
    assert spec["servers"] == [{"url": "http://127.0.0.1:8080/local", "description": "make dev"}]
    assert spec["x-amazon-apigateway-cors"] == {
        "allowMethods": ["GET", "POST", "OPTIONS"],
        "allowHeaders": ["Content-Type", "Authorization"],
        "allowOrigins": ["https://notes.example.com"],
    }
    assert "options" not in spec["paths"]["/notes"]
    assert next(found for found in project.api.operations if found.id == "addNote").api_key_required
    assert spec["paths"]["/notes"]["get"][INTEGRATION] == original["paths"]["/notes"]["get"][INTEGRATION]
    assert {found.route_key for found in project.api.operations if found.iam} == {"GET /notes/{id}"}
    callers = "who may sign requests here: name them in iam.callers of deploy/stages.yaml"
    assert report.unmapped == (
        f"rest-export.json:44: GET /notes/{{id}}: {callers}",
        f"rest-export.json:57: {callers}",
    )


@pytest.mark.stack  # Whole projects: seconds.
def test_nothing_that_was_protected_is_open(tmp_path: Path) -> None:
    for name in DOCUMENTS:
        root, _ = adopted(tmp_path / name, name)
        for operation in load_project(root).api.operations:
            secured = bool(operation.security) or operation.api_key_required or operation.iam
            assert secured == (f"{operation.method} {operation.path}" in PROTECTED[name]), operation


PROTECTED = {
    "plain.yaml": {"POST /pets", "DELETE /pets/{petId}"},
    "http-export.json": {"GET /orders", "POST /queue"},
    "rest-export.json": {"POST /notes", "GET /notes", "GET /notes/{id}"},
}


REFUSED = {
    'swagger: "1.2"\ninfo: {}\npaths: {}\n': r"api\.yaml:1: this is OpenAPI 1\.2, which API Gateway does not import",
    "openapi: 3.2.0\ninfo: {}\npaths: {}\n": r"api\.yaml:1: this is OpenAPI 3\.2\.0, which API Gateway does not import",
    "a: b\n": r"this is no OpenAPI document",
    "- a\n": r"api\.yaml:1: holds no map",
    "a: [": r"api\.yaml:",
    "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {x: {get: {}}}\n": r"does not start with /",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_rejected_document_is_explained_and_nothing_is_written(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "api.yaml").write_text(text)
    before = contents(tmp_path)
    with pytest.raises(HomeportError, match=said):
        adopt(tmp_path / "api.yaml", tmp_path / "into", KIT)
    assert contents(tmp_path) == before
    assert not (tmp_path / "into").exists()


def test_a_project_is_completed_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_bytes((FOLDER / "plain.yaml").read_bytes())
    (tmp_path / "service" / "handlers").mkdir(parents=True)
    mine = 'def handler(event, context):\n    return {"statusCode": 200, "body": "[]"}\n'
    (tmp_path / "service" / "handlers" / "list_pets.py").write_text(mine)
    (tmp_path / "README.md").write_text("mine")
    report = adopt(tmp_path / "openapi.yaml", tmp_path, KIT)
    assert (tmp_path / "service" / "handlers" / "list_pets.py").read_text() == mine
    assert (tmp_path / "README.md").read_text() == "mine"
    assert Path("openapi.yaml") in report.written
    again = contents(tmp_path)
    assert adopt(tmp_path / "openapi.yaml", tmp_path, KIT).written == (Path("openapi.yaml"),)
    assert contents(tmp_path) == again


def test_another_spec_in_the_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("mine")
    with pytest.raises(HomeportError, match="is there already"):
        adopt(FOLDER / "plain.yaml", tmp_path, KIT)
    assert contents(tmp_path) == {"openapi.yaml": b"mine"}


@pytest.mark.stack
def test_the_command_lists_what_it_wrote_and_what_it_could_not_map(tmp_path: Path) -> None:
    done = homeport(tmp_path, "adopt", str(FOLDER / "rest-export.json"), "--into", "notes")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "wrote service/handlers/add_note.py" in lines
    assert any(line.startswith("not mapped: rest-export.json:44: GET /notes/{id}: who may sign") for line in lines)
    assert lines[-1].endswith("things not mapped")
    wrong = homeport(tmp_path, "adopt", "gone.yaml")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("homeport: ")


@pytest.mark.parametrize(
    "text",
    [
        'swagger: "2.0"\ninfo: {title: Notes, version: "1"}\npaths:\n  /notes:\n    post:\n      parameters:\n'
        "        - {name: note, in: body, schema: {type: object, properties: {text: {type: string}}}}\n"
        '      responses: {"201": {description: Made.}}\n',
        'openapi: 3.1.0\ninfo: {title: Notes, version: "1"}\npaths:\n  /notes:\n    post:\n      requestBody:\n'
        "        content: {application/json: {schema: {type: object, properties: {text: {type: [string, 'null']}}}}}\n"
        '      responses: {"201": {description: Made.}}\n',
    ],
    ids=["2.0", "3.1"],
)
def test_another_dialect_is_adopted_as_openapi_3_0(tmp_path: Path, text: str) -> None:
    (tmp_path / "api.yaml").write_text(text)
    adopt(tmp_path / "api.yaml", tmp_path / "into", KIT)
    [operation] = load_project(tmp_path / "into").api.operations
    assert (operation.label, operation.id) == ("POST /notes", "postNotes")
    assert operation.body is not None
    assert spec_of(tmp_path / "into")["openapi"].startswith("3.0")
