"""What is kept between calls, or left out of them, changes nothing of what botocore sends."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import regions, useragent
from botocore.config import Config
from botocore.context import start_as_current_context
from botocore.regions import EndpointRulesetResolver
from botocore.useragent import UserAgentString, register_feature_id

from homeport.runtime.worker.preload import _ask_only_for_what_may_be_there, _keep_user_agent

USUAL = UserAgentString.to_string


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> UserAgentString:
    monkeypatch.setattr(UserAgentString, "to_string", USUAL)
    _keep_user_agent(useragent)
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
    _ask_only_for_what_may_be_there(regions)
    assert endpoint() == alone
