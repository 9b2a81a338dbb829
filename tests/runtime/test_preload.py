"""The User-Agent that is kept between calls is the one that botocore would make anew."""

from __future__ import annotations

import pytest
from botocore import useragent
from botocore.config import Config
from botocore.context import start_as_current_context
from botocore.useragent import UserAgentString, register_feature_id

from homeport.runtime.worker.preload import _keep_user_agent

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
