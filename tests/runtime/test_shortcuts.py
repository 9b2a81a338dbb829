"""What is kept between calls, or left out of them, changes nothing of what botocore sends and reads."""

from __future__ import annotations

import json
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import parsers, regions, useragent
from botocore.config import Config
from botocore.context import start_as_current_context
from botocore.regions import EndpointRulesetResolver
from botocore.useragent import UserAgentString, register_feature_id

from homeport.runtime.worker.shortcuts import ask_only_for_what_may_be_there, keep_user_agent, read_only_what_is_there

USUAL = UserAgentString.to_string


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> UserAgentString:
    monkeypatch.setattr(UserAgentString, "to_string", USUAL)
    keep_user_agent(useragent)
    made = UserAgentString.from_environment().set_session_config("Botocore", "1", "more")
    return made.with_client_config(Config(user_agent_extra="mine/1"))


def parts(agent: UserAgentString) -> set[str]:
    """What the kept one consists of, asked twice: features have no order."""
    said = agent.to_string()
    assert agent.to_string() == said
    assert sorted(said) == sorted(USUAL(agent))
    return set(said.split())


def test_it_is_botocores(agent: UserAgentString) -> None:
    assert {"Botocore/1", "more", "mine/1"} <= parts(agent)


def test_a_call_that_uses_another_feature_says_so(agent: UserAgentString) -> None:
    with start_as_current_context():
        before = parts(agent)
        register_feature_id("PAGINATOR")
        assert parts(agent) - before == {"m/C"}
    assert parts(agent) == before


def test_a_copy_with_other_settings_has_its_own(agent: UserAgentString) -> None:
    parts(agent)
    other = agent.with_client_config(Config(user_agent_extra="yours/2"))
    assert "yours/2" in parts(other)
    assert "mine/1" in parts(agent)


def test_settings_that_change_are_told(agent: UserAgentString) -> None:
    parts(agent)
    agent.set_client_features({"E"})
    assert "m/E" in parts(agent)
    agent.set_session_config("Boto3", "2", "")
    assert "Boto3/2" in parts(agent)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "settings"),
    [
        ("dynamodb", "get_item", {"TableName": "t", "Key": {"id": {"S": "1"}}}, {}),
        ("dynamodb", "get_item", {"TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/t", "Key": {}}, {}),
        ("dynamodb", "list_tables", {}, {"use_fips_endpoint": True}),
        ("s3", "get_object", {"Bucket": "photos", "Key": "a"}, {}),
        ("s3", "get_object", {"Bucket": "photos", "Key": "a"}, {"s3": {"addressing_style": "path"}}),
        ("s3", "get_object", {"Bucket": "photos", "Key": "a"}, {"s3": {"use_accelerate_endpoint": True}}),
        ("s3", "get_object", {"Bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/p", "Key": "a"}, {}),
        ("s3", "list_buckets", {}, {"use_dualstack_endpoint": True}),
        ("sts", "get_caller_identity", {}, {}),
    ],
)
def test_every_call_finds_the_endpoint_that_it_would_find_alone(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, arguments: dict[str, Any], settings: dict[str, Any]
) -> None:
    def endpoint() -> str:
        session: Any = boto3.session.Session("key", "secret", region_name="eu-west-1")
        client = session.client(service, config=Config(**settings))
        urls = [client.generate_presigned_url(operation, arguments).partition("?")[0] for _ in range(2)]
        client.close()
        assert urls[0] == urls[1]
        return str(urls[0])

    name = "_resolve_param_from_context"
    monkeypatch.setattr(EndpointRulesetResolver, name, getattr(EndpointRulesetResolver, name))
    alone = endpoint()
    ask_only_for_what_may_be_there(regions)
    assert endpoint() == alone


def answer_of(service: str, operation: str, answer: Any) -> Any:
    """What a client of ``service`` makes of a JSON answer, and the error that it gets for it."""
    client: Any = botocore.session.Session().create_client(
        service, region_name="eu-west-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    model = client.meta.service_model
    parser = parsers.create_parser(model.resolved_protocol)
    reply = {"body": json.dumps(answer).encode(), "headers": {}, "status_code": 200, "context": {}}
    try:
        # Twice: what a shape consists of is kept.
        return [parser.parse(reply, model.operation_model(operation).output_shape) for _ in range(2)]
    except parsers.ResponseParserError as error:
        return str(error)
    finally:
        client.close()


ATTRIBUTES = [
    {"S": "text"},
    {"N": "12.50"},
    {"B": "AAE="},
    {"SS": ["a", "b"]},
    {"BS": ["AAE=", "/w=="]},
    {"M": {"deep": {"L": [{"M": {}}, {"NULL": True}, {"BOOL": False}]}}},
    {"L": []},
    {"M": {"S": {"S": "S"}}},
    {"S": None},
    {"L": [None, {"S": ""}]},
    {"XX": "of a time to come"},
    {"S": "two", "N": "2"},
    {},
    None,
]


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        *[("dynamodb", "GetItem", {"Item": {"a": attribute}}) for attribute in ATTRIBUTES],
        ("dynamodb", "GetItem", {"Item": {"a": {"S": "1"}}, "ConsumedCapacity": {"CapacityUnits": 0.5}}),
        ("dynamodb", "GetItem", None),
        ("dynamodb", "DescribeTable", {"Table": {"CreationDateTime": 1700000000.5}}),
        # The JSON name of a member is not the member's, and a union may have no member that is unknown.
        ("lambda", "GetEventSourceMapping", {"LastModified": 1700000000}),
        ("bedrock-runtime", "Converse", {"output": {"message": {"role": "user", "content": [{"text": "hello"}]}}}),
        ("bedrock-runtime", "Converse", {"output": {"of a time to come": {}}}),
        ("bedrock-runtime", "Converse", {"additionalModelResponseFields": {"any": {"thing": 1}}}),
        ("iot", "DescribeThing", {"attributes": {"one": "1"}}),
    ],
)
def test_an_answer_is_read_as_botocore_reads_it(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, answer: Any
) -> None:
    name = "_handle_structure"
    monkeypatch.setattr(parsers.BaseJSONParser, name, getattr(parsers.BaseJSONParser, name))
    alone = answer_of(service, operation, answer)
    read_only_what_is_there(parsers)
    assert answer_of(service, operation, answer) == alone
