"""A run is let in where the project asks for tokens and keys, and finds authorizers that are not asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from homeport.contract.fuzz.credentials import (
    API_KEY_HEADER,
    USERS,
    Credentials,
    Users,
    best_key,
    hidden_names,
    make_users,
    users_from_json,
    users_to_json,
)
from homeport.contract.fuzz.results import read_findings
from homeport.contract.fuzz.schemathesis_run import EVENTS
from homeport.project.load import load_project
from tests.support.commands import homeport
from tests.support.made_project import Made, Route, lambda_scheme, write_project
from tests.support.project import RESOURCES
from tests.support.tokens import give_issuer_key

JSON_SCHEMA = {"type": "object", "required": ["who"], "properties": {"who": {"type": "string"}}}
ANSWERS = {
    "200": {"description": "Who asked.", "content": {"application/json": {"schema": JSON_SCHEMA}}},
    "default": {"description": "A refusal."},
}
HTTP_WHO = """
import json

def handler(event, context):
    who = event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({"who": who})}
"""
REST_WHO = """
import json

def handler(event, context):
    who = event["requestContext"].get("identity", {}).get("apiKeyId") or "nobody"
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({"who": who})}
"""
ALLOWS_THE_WORD = """
def handler(event, context):
    if event["authorizationToken"] != "word":
        raise Exception("Unauthorized")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
NOTES = """
import json
import os
import uuid
import boto3

table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def handler(event, context):
    who = event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    if event["routeKey"].startswith("GET"):
        found = table.get_item(Key={"noteId": event["pathParameters"]["noteId"]}).get("Item")
        if found is None or (OWN and found["owner"] != who):
            return answer(404, {})
        return answer(200, {"noteId": found["noteId"], "text": found["text"]})
    try:
        said = json.loads(event.get("body") or "")
    except ValueError:
        said = None
    if not isinstance(said, dict) or set(said) != {"text"} or not isinstance(said["text"], str):
        return answer(400, {})
    note = {"noteId": str(uuid.uuid4()), "text": said["text"]}
    table.put_item(Item={**note, "owner": who})
    return answer(201, note)
"""
TEXT = {"type": "string"}
ACTIONS = ["GetItem", "PutItem"]
FOUND = {"description": "The note."}
JWT: dict[str, Any] = {
    "type": "oauth2",
    "flows": {},
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["notes"]},
    },
}
COGNITO = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "x-amazon-apigateway-authtype": "cognito_user_pools",
    "x-amazon-apigateway-authorizer": {
        "type": "cognito_user_pools",
        "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc"],
    },
}
API_KEY = {"type": "apiKey", "in": "header", "name": API_KEY_HEADER}
PLANS = {
    "usagePlans": {"small": {"rate": 1, "burst": 1}, "wide": {"rate": 1000, "burst": 1000}},
    "apiKeys": {
        "little": {"value": "little-key-of-twenty-signs", "usagePlan": "small"},
        "much": {"value": "wide-key-of-over-twenty-signs", "usagePlan": "wide"},
        "off": {"value": "off-key-of-over-twenty-signs", "usagePlan": "wide", "enabled": False},
    },
}


def route(path: str, code: str, *security: dict[str, list[str]]) -> Route:
    return Route("GET", path, code, {"responses": ANSWERS, **({"security": list(security)} if security else {})})


def http_project(root: Path) -> Path:
    routes = (route("/mine", HTTP_WHO, {"users": []}), route("/read", HTTP_WHO, {"users": ["notes:read"]}))
    return give_issuer_key(write_project(root, Made(routes, schemes={"users": JWT})))


def rest_project(root: Path) -> Path:
    routes = (
        route("/pool", REST_WHO, {"pool": []}),
        route("/scoped", REST_WHO, {"pool": ["notes/read"]}),
        route("/partner", REST_WHO, {"key": []}),
        route("/both", REST_WHO, {"pool": [], "key": []}),
        route("/custom", REST_WHO, {"custom": []}),
    )
    schemes = {"pool": COGNITO, "key": API_KEY, "custom": lambda_scheme("token", "guard", header="X-Word")}
    made = Made(routes, "rest", stage=PLANS, schemes=schemes, modules={"guard": ALLOWS_THE_WORD})
    return give_issuer_key(write_project(root, made))


def with_word(project: Path) -> Path:
    """What the project's own authorizer takes, as its author writes it down."""
    folder = project / "tests" / "contract"
    folder.mkdir(parents=True)
    (folder / "schemathesis.toml").write_text('[auth.openapi.custom]\napi_key = "word"\n')
    return project


def owned_project(root: Path, *, own: bool) -> Path:
    """Notes that only their owner may read, or that everyone with a token may."""
    note = {"type": "object", "required": ["noteId", "text"], "properties": {"noteId": TEXT, "text": TEXT}}
    content = {"application/json": {"schema": note}}
    text = {"type": "object", "required": ["text"], "properties": {"text": TEXT}, "additionalProperties": False}
    refusals = {status: {"description": "Refused."} for status in ("400", "401", "404")}
    secured = {"security": [{"users": []}], "x-homeport": {"function": "notes", "access": {"NotesTable": ACTIONS}}}
    link = {"get": {"operationId": "route1", "parameters": {"noteId": "$response.body#/noteId"}}}
    created = {"201": {"description": "Made.", "content": content, "links": link}, **refusals}
    body = {"required": True, "content": {"application/json": {"schema": text}}}
    code = NOTES.replace("OWN", str(own))
    routes = (
        Route("POST", "/notes", code, {"responses": created, "requestBody": body, **secured}),
        Route(
            "GET", "/notes/{noteId}", code, {"responses": {"200": {**FOUND, "content": content}, **refusals}, **secured}
        ),
    )
    project = write_project(root, Made(routes, schemes={"users": JWT}))
    (root / "deploy" / "resources.yaml").write_text(RESOURCES)
    return project


def a_run(project: Path, *options: str) -> tuple[int, str, dict[str, set[int]]]:
    """The exit status of ``homeport test``, what it printed, and the statuses by path."""
    report = project / "out"
    done = homeport(project, "test", "--phases", "fuzz", "--max-examples", "3", "--report", str(report), *options)
    seen: dict[str, set[int]] = {}
    for line in (report / EVENTS).read_text().splitlines():
        event = json.loads(line).get("ScenarioFinished")
        for interaction in (event or {"recorder": {}})["recorder"].get("interactions", {}).values():
            path = interaction["request"]["uri"].partition("?")[0].rpartition("/")[2]
            seen.setdefault(path, set()).add((interaction.get("response") or {}).get("status_code", 0))
    return done.returncode, done.stdout + done.stderr, seen


def header(users: Users, label: str, user: int, name: str = "Authorization") -> Any:
    return users[USERS[user]][label].header[name]


def claims(token: str) -> Any:
    return jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})


def test_an_http_api_s_users_have_tokens_of_their_own_with_the_scopes_that_are_asked(tmp_path: Path) -> None:
    users = make_users(load_project(http_project(tmp_path)))
    assert header(users, "GET /mine", 0).startswith("Bearer ")
    assert claims(header(users, "GET /mine", 0))["sub"] == USERS[0]
    assert claims(header(users, "GET /mine", 1))["sub"] == USERS[1]
    read = claims(header(users, "GET /read", 0))
    assert (read["scope"], read["aud"]) == ("notes:read", "notes")


def test_an_alternative_without_scopes_asks_for_a_token_without_scopes(tmp_path: Path) -> None:
    made = Made((route("/mine", HTTP_WHO, {"users": []}, {"users": ["notes:read"]}),), schemes={"users": JWT})
    users = make_users(load_project(give_issuer_key(write_project(tmp_path, made))))
    assert "scope" not in claims(header(users, "GET /mine", 0))


def test_a_token_goes_where_the_authorizer_looks_for_it(tmp_path: Path) -> None:
    authorizer = {**JWT["x-amazon-apigateway-authorizer"], "identitySource": "$request.querystring.token"}
    scheme = {**JWT, "x-amazon-apigateway-authorizer": authorizer}
    made = Made((route("/mine", HTTP_WHO, {"users": []}),), schemes={"users": scheme})
    users = make_users(load_project(give_issuer_key(write_project(tmp_path, made))))
    assert claims(users[USERS[0]]["GET /mine"].query["token"])["sub"] == USERS[0]


def test_a_user_pool_s_tokens_are_id_tokens_and_with_scopes_access_tokens(tmp_path: Path) -> None:
    users = make_users(load_project(rest_project(tmp_path)))
    assert claims(header(users, "GET /pool", 0))["token_use"] == "id"
    assert claims(header(users, "GET /scoped", 0))["token_use"] == "access"
    assert header(users, "GET /both", 0, API_KEY_HEADER) == "wide-key-of-over-twenty-signs"
    assert all("GET /custom" not in operations for operations in users.values())


def test_the_key_that_limits_least_is_taken(tmp_path: Path) -> None:
    key = best_key(load_project(rest_project(tmp_path)).stage)
    assert key is not None
    assert key.name == "much"


def test_credentials_that_every_request_has_anyway_are_not_made(tmp_path: Path) -> None:
    project = load_project(rest_project(tmp_path))
    assert make_users(project, ("authorization", "X-Api-Key")) == {}
    # A key tells nobody apart: one user is enough.
    keys = Credentials({API_KEY_HEADER: "wide-key-of-over-twenty-signs"})
    assert make_users(project, ("Authorization",)) == {USERS[0]: {"GET /partner": keys, "GET /both": keys}}


def test_the_credential_of_a_lambda_authorizer_is_the_configured_one(tmp_path: Path) -> None:
    root = rest_project(tmp_path)
    before = make_users(load_project(root))
    found = make_users(load_project(with_word(root)))[USERS[0]]
    assert {label: one for label, one in found.items() if label not in before[USERS[0]]} == {
        "GET /custom": Credentials({"X-Word": "word"})
    }


def test_another_issuer_s_tokens_are_not_made(tmp_path: Path) -> None:
    stage = {"auth": {"users": {"issuer": "https://login.example", "audience": ["notes"]}}}
    made = Made((route("/mine", HTTP_WHO, {"users": []}),), schemes={"users": JWT}, stage=stage)
    assert make_users(load_project(write_project(tmp_path, made))) == {}


def test_a_route_of_any_method_has_credentials_for_each_and_a_route_of_one_its_own(tmp_path: Path) -> None:
    secured = {"responses": ANSWERS, "security": [{"users": ["notes:write"]}]}
    routes = (Route("ANY", "/x", HTTP_WHO, secured), route("/x", HTTP_WHO, {"users": ["notes:read"]}))
    made = Made(routes, schemes={"users": JWT})
    users = make_users(load_project(give_issuer_key(write_project(tmp_path, made))))
    scopes = {label: claims(one.header["Authorization"])["scope"] for label, one in users[USERS[0]].items()}
    write = {f"{method} /x": "notes:write" for method in ("POST", "PUT", "PATCH", "DELETE")}
    assert scopes == {"GET /x": "notes:read", **write}


def test_the_users_reach_the_process_that_fuzzes(tmp_path: Path) -> None:
    users = make_users(load_project(rest_project(tmp_path)))
    assert users_from_json(users_to_json(users)) == users


def test_reports_show_the_tokens_that_a_run_minted_and_no_other_credential(tmp_path: Path) -> None:
    project = load_project(http_project(tmp_path))
    assert "authorization" not in hidden_names(project, [], minted=True)
    assert "authorization" in hidden_names(project, ["Authorization"], minted=True)
    assert {"authorization", "x-secret"} <= {*hidden_names(project, ["X-Secret", "X-Page"], minted=False)}
    assert "x-page" not in hidden_names(project, ["X-Page"], minted=True)


def test_reports_hide_what_a_lambda_authorizer_lets_in(tmp_path: Path) -> None:
    found = hidden_names(load_project(with_word(rest_project(tmp_path))), [], minted=True)
    assert {"x-word", "x-api-key"} <= {*found}
    assert "authorization" not in found


@pytest.mark.stack
def test_a_run_mints_the_tokens_of_an_http_api_and_takes_api_gateways_401_without_a_content_type(
    tmp_path: Path,
) -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    typed = {"200": ANSWERS["200"], "401": {"description": "No good token.", "content": content}}
    routes = (
        route("/mine", HTTP_WHO, {"users": []}),
        route("/read", HTTP_WHO, {"users": ["notes:read"]}),
        Route("GET", "/typed", HTTP_WHO, {"responses": typed, "security": [{"users": []}]}),
    )
    status, said, seen = a_run(write_project(tmp_path, Made(routes, schemes={"users": JWT})))
    assert status == 0, said
    assert all(seen[path] >= {200, 401} for path in ("mine", "read", "typed")), seen


@pytest.mark.stack
def test_a_run_has_the_tokens_and_the_key_of_a_rest_api(tmp_path: Path) -> None:
    status, said, seen = a_run(with_word(rest_project(tmp_path)))
    assert status == 0, said
    assert {path for path, statuses in seen.items() if 200 in statuses} == {
        "pool",
        "scoped",
        "partner",
        "both",
        "custom",
    }
    assert seen["partner"] >= {403}


@pytest.mark.slow
def test_an_authorizer_that_lets_everyone_in_is_found(tmp_path: Path) -> None:
    project = with_word(rest_project(tmp_path))
    (project / "service" / "handlers" / "guard.py").write_text(
        ALLOWS_THE_WORD.replace('event["authorizationToken"] != "word"', "False")
    )
    status, said, _ = a_run(project)
    assert status == 1
    found = read_findings((project / "out" / EVENTS).read_text().splitlines())
    assert {(one.operation, one.check) for one in found} == {("GET /custom", "ignored_auth")}, said


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True])
def test_a_note_that_another_user_can_read_is_found(tmp_path: Path, own: bool) -> None:
    status, said, _ = a_run(owned_project(tmp_path, own=own))
    found = read_findings((tmp_path / "out" / EVENTS).read_text().splitlines())
    assert {(one.operation, one.check) for one in found} == (
        set() if own else {("GET /notes/{noteId}", "object_level_authorization")}
    ), said
    assert status == int(not own)
