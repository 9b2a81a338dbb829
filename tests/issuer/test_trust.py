from __future__ import annotations

import pytest

from homeport.errors import HomeportError
from homeport.issuer.trust import DEFAULT_AUDIENCE, ISSUER, Trust, trust_of
from homeport.project.model import StageAuth
from tests.support.auth import make_authorizer, make_stage

ARN = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"


def test_in_the_stage_local_the_kit_issues_the_tokens() -> None:
    stage = make_stage(key="local", auth={})
    assert trust_of(make_authorizer(), stage) == Trust((ISSUER,), ("shop",))
    assert trust_of(make_authorizer(audience=()), stage) == Trust((ISSUER,), (DEFAULT_AUDIENCE,))
    assert trust_of(make_authorizer(kind="cognito", provider_arns=(ARN,)), stage).is_local


def test_the_setting_in_stages_yaml_comes_first() -> None:
    stage = make_stage(key="local", auth={"auth": StageAuth("https://login.example", ("a", "b"))})
    assert trust_of(make_authorizer(), stage) == Trust(("https://login.example",), ("a", "b"))
    only_audience = make_stage(key="local", auth={"auth": StageAuth(audience=("a",))})
    assert trust_of(make_authorizer(), only_audience) == Trust((ISSUER,), ("a",))
    other = make_stage(key="local", auth={"other": StageAuth("https://login.example")})
    assert trust_of(make_authorizer(), other).is_local


def test_in_any_other_stage_openapi_yaml_names_the_issuer() -> None:
    stage = make_stage(key="dev", auth={})
    assert trust_of(make_authorizer(issuer="https://login.example"), stage) == Trust(
        ("https://login.example",), ("shop",)
    )


@pytest.mark.parametrize(
    ("arn", "issuer"),
    [
        (ARN, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"),
        (
            "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_abc",
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_abc",
        ),
    ],
)
def test_a_user_pool_is_the_issuer_of_its_tokens(arn: str, issuer: str) -> None:
    authorizer = make_authorizer(kind="cognito", provider_arns=(arn,), audience=())
    assert trust_of(authorizer, make_stage(auth={})) == Trust((issuer,), ())


@pytest.mark.parametrize("arn", ["", "eu-west-1_abc", "arn:aws:iam::123456789012:role/x", f"{ARN}/x"])
def test_an_arn_of_no_user_pool_is_named_with_its_place(arn: str) -> None:
    authorizer = make_authorizer(kind="cognito", provider_arns=(arn,))
    with pytest.raises(HomeportError, match=r"^openapi\.yaml:7: .* is no ARN of a user pool"):
        trust_of(authorizer, make_stage(auth={}))


def test_without_an_issuer_the_hint_names_the_setting() -> None:
    with pytest.raises(HomeportError) as error:
        trust_of(make_authorizer(issuer=None), make_stage(auth={}))
    assert str(error.value) == (
        "openapi.yaml:7: no one issues the tokens of 'auth' in stage 'dev'"
        " (write stages.dev.auth.auth.issuer in deploy/stages.yaml)"
    )


def test_values_that_only_the_stack_knows_are_left_out_locally_and_needed_elsewhere() -> None:
    made = make_authorizer(issuer="https://login.example/${Pool}", audience=("${Client}",))
    assert trust_of(made, make_stage(key="local", auth={})) == Trust((ISSUER,), (DEFAULT_AUDIENCE,))
    with pytest.raises(HomeportError, match=r"only the deployed stack knows https://login\.example/\$\{Pool\}"):
        trust_of(made, make_stage(key="dev", auth={}))
    stage = make_stage(key="dev", auth={"auth": StageAuth("https://login.example/p1", ("c1",))})
    assert trust_of(made, stage) == Trust(("https://login.example/p1",), ("c1",))
