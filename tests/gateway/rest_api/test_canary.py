"""Canaries of REST APIs: a part of the calls has other stage variables."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.gateway.assembly import call_opener
from homeport.gateway.context_variables import ContextVariables
from homeport.gateway.http.message import Reply
from homeport.gateway.observers.console import Console
from homeport.project.model import Canary
from homeport.terminal import palette_of
from tests.support.gateway import make_answered, make_context, make_deployment, make_exchange, make_request
from tests.support.served_api import served_api
from tests.support.spec import document, operation
from tests.support.template import ENVIRON, FEATURES, changed, project_of

DEPLOYMENT = make_deployment(flavor="rest", stage_variables={"colour": "blue", "size": "s"})
CANARY = Canary(25, {"colour": "red"})


def split(fraction: float, canary: Canary | None = CANARY) -> Any:
    """The deployment of a call whose random number is that fraction of the largest."""
    number = int(fraction * 2**32).to_bytes(4, "big")
    opened = call_opener(DEPLOYMENT, lambda length: bytes(47) + number + bytes(length - 51), canary)
    return opened(make_request()).deployment


def test_a_part_of_the_calls_is_the_canary_s() -> None:
    assert split(0.2499).stage_variables == {"colour": "red", "size": "s"}
    assert split(0.25) == DEPLOYMENT
    assert [split(fraction, Canary(0)).is_canary for fraction in (0.0, 0.99)] == [False, False]
    assert [split(fraction, Canary(100)).is_canary for fraction in (0.0, 0.9999)] == [True, True]
    assert split(0.0, None) == DEPLOYMENT


def test_the_split_is_that_of_the_setting() -> None:
    opened = call_opener(DEPLOYMENT, os.urandom, CANARY)
    count = sum(opened(make_request()).deployment.is_canary for _ in range(4000))
    assert 800 < count < 1200


@pytest.mark.parametrize(("fraction", "said"), [(0.0, "true"), (0.9, "false")])
def test_the_context_says_whether_it_is_the_canary_s(fraction: float, said: str) -> None:
    call = make_exchange(context=make_context(deployment=split(fraction)))
    assert ContextVariables(call).value("isCanaryRequest") == said


def test_the_console_marks_the_canary_s_calls() -> None:
    out = io.StringIO()
    console = Console(out, palette_of(out), logs=False)
    for fraction in (0.0, 0.9):
        context = make_context(deployment=split(fraction))
        exchange = make_exchange(request=make_request(target="/a"), context=context)
        console.on_reply(make_answered(exchange, Reply(200, ())))
    console.flush()
    first, second = out.getvalue().splitlines()
    assert "/a canary " in first
    assert "canary" not in second


def test_a_function_gets_the_variables_of_the_canary(tmp_path: Path) -> None:
    stages = {
        "flavor": "rest",
        "variables": {"colour": "blue"},
        "canary": {"percent": 100, "variables": {"colour": "red"}},
    }
    spec = document({"/a": {"get": operation()}})
    functions = {"act": lambda event: {"statusCode": 200, "body": event["stageVariables"]["colour"]}}
    with served_api(tmp_path, spec, stages=stages, handlers=("act",), functions=functions) as api:
        assert api.ask("GET", "/local/a").text == "red"


def test_the_stage_is_deployed_with_its_canary(tmp_path: Path) -> None:
    resources = build_template(project_of(tmp_path / "plain", FEATURES["rest settings"]))["Resources"]
    assert resources["ApiStage"]["Properties"]["CanarySetting"] == {
        "PercentTraffic": 12.5,
        "StageVariableOverrides": {"colour": "red"},
    }
    secret = {"canary": {"percent": 5, "variables": {"colour": "${COLOUR}"}}}
    made = changed(FEATURES["plain rest"], stage=secret)
    template = build_template(project_of(tmp_path / "secret", made))
    setting = template["Resources"]["ApiStage"]["Properties"]["CanarySetting"]
    assert setting["StageVariableOverrides"]["colour"].keys() == {"Ref"}
    assert ENVIRON["COLOUR"] not in str(template)
