"""A template whose functions are in several languages: Python, JavaScript, TypeScript, and an authorizer in Node.js."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.http_client import HttpResponse, send_request
from tests.support.project import write_files

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed here"),
]

FUNCTION = "Type: AWS::Serverless::Function\n    Properties:"
TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Timeout: 20, MemorySize: 256}}}}
Resources:
  Front:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Door:
            FunctionArn: !GetAtt Door.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {{Headers: [Authorization]}}
  Door:
    {FUNCTION} {{CodeUri: door, Handler: index.handler, Runtime: nodejs22.x}}
  InPython:
    {FUNCTION}
      CodeUri: py
      Handler: app.handler
      Runtime: python3.13
      Events: {{Get: {{Type: HttpApi, Properties: {{ApiId: !Ref Front, Path: /python, Method: get}}}}}}
  InNode:
    {FUNCTION}
      CodeUri: js
      Handler: src/app.handler
      Runtime: nodejs22.x
      Events:
        Get: {{Type: HttpApi, Properties: {{ApiId: !Ref Front, Path: /node, Method: get, Auth: {{Authorizer: Door}}}}}}
  InTypeScript:
    {FUNCTION}
      CodeUri: ts
      Handler: app.handler
      Runtime: nodejs22.x
      Events: {{Get: {{Type: HttpApi, Properties: {{ApiId: !Ref Front, Path: /typescript, Method: get}}}}}}
    Metadata: {{BuildMethod: esbuild, BuildProperties: {{EntryPoints: [app.ts]}}}}
"""
FILES = {
    "template.yaml": TEMPLATE,
    "py/app.py": "def handler(event, context):\n    return {'statusCode': 200, 'body': 'python'}\n",
    "js/src/app.js": (
        "const { name } = require('greeting');\n"
        "exports.handler = async (event) => {\n"
        "  const { who } = event.requestContext.authorizer.lambda;\n"
        "  return { statusCode: 200, body: JSON.stringify([name, who]) };\n"
        "};\n"
    ),
    "js/package.json": '{"dependencies": {"greeting": "file:../greeting"}}',
    "greeting/package.json": '{"name": "greeting", "version": "1.0.0", "main": "index.js"}',
    "greeting/index.js": "exports.name = 'packaged';\n",
    "ts/app.ts": "export const handler = async (): Promise<string> => 'typescript';\n",
    "door/index.mjs": (
        "export const handler = async ({ headers }) =>\n"
        "  ({ isAuthorized: headers.authorization === 'open', context: { who: 'guest' } });\n"
    ),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    root = write_files(tmp_path_factory.mktemp("mixed"), FILES)
    with running_stack(root, ("--no-data", "--reload", "--dynamodb", "none"), state=root / ".homeport") as running:
        yield running


def get(stack: Stack, path: str, authorization: str = "") -> HttpResponse:
    headers = [("authorization", authorization.encode())] if authorization else []
    return send_request(stack.url, "GET", path, headers, b"", timeout=60)


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_functions_of_several_languages_answer_side_by_side(stack: Stack, language: str) -> None:
    answer = get(stack, f"/{language}")
    assert (answer.status, answer.body.decode()) == (200, language), stack.read_output()


def test_an_authorizer_in_nodejs_lets_in_and_hands_its_context_on(stack: Stack) -> None:
    opened = get(stack, "/node", "open")
    # The package of package.json is not in the project: it comes from the cache.
    assert (opened.status, json.loads(opened.body)) == (200, ["packaged", "guest"]), stack.read_output()
    assert get(stack, "/node", "closed").status == 403
    assert get(stack, "/node").status == 401


def test_saved_javascript_is_live_in_the_next_request(stack: Stack) -> None:
    root = stack.state.parent
    (root / "js" / "src" / "app.js").write_text("exports.handler = async () => 'changed';\n")
    assert get(stack, "/node", "open").body == b"changed"
    (root / "ts" / "app.ts").write_text("export const handler = async (): Promise<string> => 'rebuilt';\n")
    assert get(stack, "/typescript").body == b"rebuilt"


def test_an_installed_package_is_found_by_the_next_request(stack: Stack) -> None:
    root = stack.state.parent
    write_files(root, {"js/src/app.js": "const { name } = require('added');\nexports.handler = async () => name;\n"})
    assert get(stack, "/node", "open").status == 500
    package = {"package.json": '{"name": "added", "main": "index.js"}', "index.js": "exports.name = 'installed';\n"}
    write_files(root / "js" / "node_modules" / "added", package)
    # npm writes this one as it ends.
    write_files(root, {"js/node_modules/.package-lock.json": "{}"})
    assert get(stack, "/node", "open").body == b"installed"
