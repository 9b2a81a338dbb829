"""Compare mapping templates with LocalStack's REST gateway, on generated ones.

    python -m tests.gateway.mapping.against_localstack --url http://127.0.0.1:4566 --templates 300 --seed 1

Each template is the response template of a mock in one API, which LocalStack imports and serves, and renders here. What
differs is printed; docs/decisions/0028-own-template-engine.md has the kinds of differences and the reasons.
"""

from __future__ import annotations

import argparse
import json
from random import Random
from typing import Any

import boto3
import requests

from homeport.gateway.mapping import BodyNotReadable, TemplateScope, render
from homeport.vtl import TemplateError, parse
from tests.support.vtl_templates import TemplateMaker

_ROOTS = (
    *("$input.params('a')", "$input.params().path", "$input.params().querystring.b", "$context.stage"),
    *("$util.urlEncode($text)", "$util.base64Encode($text)", "$util.escapeJavaScript($text)", "$json", "$json.list"),
)
_BEGINNING = """#set($json = $util.parseJson('{"a":"b/c","n":1.5,"z":null,"list":[1,{"k":"v"}],"t":true}'))
#set($list = [3, "a", [1, 2]])
#set($map = {"k": "v", "x": {"k": 1}})
#set($text = "abca,b")
#set($num = 1)
#set($a = "A")
"""


def make_templates(count: int, seed: int) -> list[str]:
    """Return well-formed templates."""
    makers = (TemplateMaker(Random(f"{seed}/{number}"), _ROOTS) for number in range(count))
    return [_BEGINNING + maker.block(2) for maker in makers]


def document(templates: list[str]) -> dict[str, Any]:
    """Return an OpenAPI document with a mock for each template."""
    paths = {
        f"/t{number}/{{a}}": {
            "post": {
                "responses": {"200": {"description": "200"}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 200}'},
                    "responses": {
                        "default": {"statusCode": "200", "responseTemplates": {"application/json": template}}
                    },
                },
            }
        }
        for number, template in enumerate(templates)
    }
    return {"openapi": "3.0.1", "info": {"title": "templates", "version": "1"}, "paths": paths}


def render_with_localstack(templates: list[str], url: str) -> list[str | None]:
    """Return what LocalStack answers; None for an error."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    client: Any = boto3.client("apigateway", endpoint_url=url, **keys)  # type: ignore[call-overload]
    api = client.import_rest_api(body=json.dumps(document(templates)).encode())["id"]
    client.create_deployment(restApiId=api, stageName="dev")
    answers: list[str | None] = []
    for number in range(len(templates)):
        target = f"{url}/_aws/execute-api/{api}/dev/t{number}/path%20a?b=query"
        reply = requests.post(target, data="{}", headers={"Content-Type": "application/json"}, timeout=60)
        answers.append(reply.text if reply.status_code == 200 else None)
    client.delete_rest_api(restApiId=api)
    return answers


def render_with_ours(template: str) -> str | None:
    """Return what our engine renders; None for an error."""
    scope = TemplateScope(path={"a": "path a"}, querystring={"b": "query"}, context={"stage": "dev"})
    try:
        return render(parse(template), scope)
    except (TemplateError, BodyNotReadable):
        return None


def main() -> None:
    """Print what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:4566")
    parser.add_argument("--templates", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    templates = make_templates(options.templates, options.seed)
    differences = 0
    for template, theirs in zip(templates, render_with_localstack(templates, options.url), strict=True):
        ours = render_with_ours(template)
        if ours != theirs:
            differences += 1
            print(f"{template.removeprefix(_BEGINNING)!r}\n  LocalStack {theirs!r}\n  ours       {ours!r}")
    print(f"{differences} of {options.templates} differ")


if __name__ == "__main__":
    main()
