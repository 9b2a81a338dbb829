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
