"""``homeport dev`` has user pools and state machines call functions, and waits for what they return."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from homeport.aws.setup.clients import Clients
from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.project import write_files
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Club, version: 1.0.0}
paths:
  /work: {get: {operationId: work, responses: {"200": {description: Done.}}}}
x-homeport: {functions: {admit: }}
"""
RESOURCES = """
Resources:
  Users:
    Type: AWS::Cognito::UserPool
    Properties: {LambdaConfig: {PreSignUp: !GetAtt AdmitFunction.Arn}}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Users, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
  Steps:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::000000000000:role/steps
      Definition:
        StartAt: Double
        States: {Double: {Type: Task, Resource: !GetAtt WorkFunction.Arn, End: true}}
"""
ADMIT = """
def handler(event, context):
    print("admit", event["triggerSource"], ",".join(sorted(event)))
    event["response"]["autoConfirmUser"] = True
    return event
"""
WORK = "def handler(event, context):\n    return {'doubled': 2 * event['n']}\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Provide the project as it runs."""
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/__init__.py": ""}
    handlers = {"__init__": "", "admit": ADMIT, "work": WORK}
    texts = {**files, **{f"service/handlers/{name}.py": text for name, text in handlers.items()}}
    with running_stack(write_files(tmp_path_factory.mktemp("club"), texts)) as stack:
        wait_until(lambda: "made state machine" in stack.read_output(), stack.read_output)
        wait_until(lambda: bool(pools(stack)), stack.read_output)
        yield stack


def client(stack: Stack, name: str) -> Any:
    assert stack.aws is not None
    return Clients(stack.aws, "us-east-1", embedded=True)(name)


def pools(stack: Stack) -> list[Any]:
    return list(client(stack, "cognito-idp").list_user_pools(MaxResults=5)["UserPools"])


def test_pool_asks_its_function_before_a_user_signs_up(stack: Stack) -> None:
    cognito, pool = client(stack, "cognito-idp"), pools(stack)[0]["Id"]
    app = cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    answer = cognito.sign_up(ClientId=app, Username="ana", Password="Secret-123")
    assert answer["UserConfirmed"] is True
    wait_until(lambda: "admit PreSignUp_SignUp" in stack.read_output(), stack.read_output)
    members = "callerContext,region,request,response,triggerSource,userName,userPoolId,version"
    assert f"admit PreSignUp_SignUp {members}" in stack.read_output()
    assert "ms invoke > admit" in stack.read_output()


def test_task_of_a_state_machine_gets_what_its_function_returns(stack: Stack) -> None:
    steps = client(stack, "stepfunctions")
    machine = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    run = steps.start_execution(stateMachineArn=machine, input='{"n": 21}')["executionArn"]
    wait_until(lambda: steps.describe_execution(executionArn=run)["status"] != "RUNNING")
    found = steps.describe_execution(executionArn=run)
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"]) == {"doubled": 42}
