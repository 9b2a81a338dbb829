"""The AWS SDK for JavaScript, as a function finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.runtime.node.npm import find_npm, run_npm
from homeport.runtime.node.sdk import node_sdk, sdk_version
from tests.runtime.node.conftest import Start
from tests.support.endpoint import Endpoint
from tests.support.runtime_api import own_node

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def sdk() -> Path:
    try:
        return node_sdk(read_environment().cache_dir, own_node(), print)
    except SetupError as error:
        pytest.skip(f"the SDK can't be installed here: {error}")


@pytest.fixture(scope="module")
def version_2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("version-2")
    try:
        run_npm(find_npm(), folder, "install", "--no-audit", "aws-sdk@2.1692.0", shown="version 2 of the SDK")
    except SetupError as error:
        pytest.skip(f"version 2 of the SDK can't be installed here: {error}")
    return folder


MODULE = """
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    export const handler = async (event) => {
      await documents.send(new PutCommand({ TableName: 'items', Item: event }));
      return (await import('@aws-sdk/client-dynamodb/package.json', { with: { type: 'json' } })).default.version;
    };
"""
SCRIPT = """
    const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');

    const client = new DynamoDBClient({});
    exports.handler = async (event) => {
      await client.send(new PutItemCommand({ TableName: 'items', Item: { id: { S: event.id } } }));
      return require('@aws-sdk/client-dynamodb/package.json').version;
    };
"""


@pytest.mark.parametrize("files", [{"index.mjs": MODULE}, {"index.js": SCRIPT}], ids=["module", "script"])
def test_a_function_calls_dynamodb(start: Start, sdk: Path, dynamodb: Endpoint, files: dict[str, str]) -> None:
    variables = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url,
    }
    environment = start(files, sdk=sdk, variables=variables)
    posted = environment.invoke({"id": "a"})
    assert (posted.kind, posted.json) == ("response", sdk_version()), environment.output()
    assert environment.end() == ""


def test_a_functions_own_sdk_wins(start: Start, sdk: Path) -> None:
    code = "import { own } from '@aws-sdk/client-dynamodb'; export const handler = async () => own;"
    own = {"node_modules/@aws-sdk/client-dynamodb/index.js": "exports.own = 'own';"}
    assert start({"index.mjs": code, **own}, sdk=sdk).invoke().json == "own"


def test_the_sdk_is_installed_once(sdk: Path) -> None:
    said: list[str] = []
    assert node_sdk(read_environment().cache_dir, own_node(), said.append) == sdk
    assert said == []


def test_a_failed_install_says_npms_reason(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{", encoding="utf-8")
    with pytest.raises(SetupError, match=r"npm could not install it:\n.*JSON"):
        run_npm(find_npm(), tmp_path, "install", shown="it")


def test_a_missing_npm_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SetupError, match="npm is needed for it, and is not installed here"):
        run_npm(find_npm(str(tmp_path / "node")), tmp_path, "install", shown="it")


VERSION_2 = {
    "node_modules/aws-sdk/package.json": '{"name": "aws-sdk", "version": "2.1692.0"}',
    "node_modules/aws-sdk/global.js": """
        const kept = { region: 'eu-west-1' };
        exports.config = { kept, update: (settings, unknown) => Object.assign(kept, unknown ? settings : {}) };
    """,
    "index.js": "exports.handler = async () => require('aws-sdk/global').config.kept;",
}


def test_version_2_of_the_sdk_sends_where_the_variables_say(start: Start) -> None:
    variables = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:2",
        "AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:3",
    }
    assert start(VERSION_2, variables=variables).invoke().json == {
        "region": "eu-west-1",
        "endpoint": "http://127.0.0.1:1",
        "s3ForcePathStyle": True,
        "secretsmanager": {"endpoint": "http://127.0.0.1:2"},
        "stepfunctions": {"endpoint": "http://127.0.0.1:3"},
    }


def test_version_2_of_the_sdk_is_left_alone_without_endpoints(start: Start) -> None:
    assert start(VERSION_2).invoke().json == {"region": "eu-west-1"}


def test_clients_of_version_2_send_to_the_local_dynamodb(start: Start, dynamodb: Endpoint, version_2: Path) -> None:
    code = """
        const AWS = require('aws-sdk');
        const documents = new AWS.DynamoDB.DocumentClient();
        exports.handler = (event, context, callback) => {
          documents.put({ TableName: 'items', Item: event }, (error) => callback(error, 'put'));
        };
    """
    variables = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url,
        "AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1",
        "NODE_PATH": str(version_2 / "node_modules"),
    }
    assert start({"index.js": code}, variables=variables).invoke({"id": "a"}).json == "put"
