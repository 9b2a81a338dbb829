"""API Gateway and Lambda as ministack emulates them, from the embedded engine's package set: a second opinion.

It runs in a process of its own with nothing but that set, and gets the same routes and the same handler.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from homeport.child_process import end_process
from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment
from tests.support.made_project import ECHO, Route
from tests.support.ports import free_ports

_START = "import sys; sys.path.insert(0, {packages!r}); from ministack.app import main; main()"
_PATIENCE = 30.0
_ROLE = "arn:aws:iam::000000000000:role/any"


@dataclass(frozen=True)
class Emulated:
    """``url`` is where everything is; an API is told from the others by the Host header."""

    url: str
    rest: str
    http: str


@contextlib.contextmanager
def ministack(folder: Path, routes: Sequence[Route]) -> Iterator[Emulated]:
    """Run it with one REST API, stage ``prod``, and one HTTP API, stage ``$default``, of these routes."""
    with running_ministack(folder, ("apigateway", "lambda", "iam", "sts", "logs")) as url:
        yield Emulated(url, *_deploy(url, routes))


@contextlib.contextmanager
def running_ministack(folder: Path, services: Sequence[str]) -> Iterator[str]:
    """Run it with some services; where it answers. What it says is in ``log.txt`` of ``folder``."""
    (port,) = free_ports()
    packages = str(engine_packages(read_environment().cache_dir, print))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GATEWAY_PORT": str(port),
        "SERVICES": ",".join(services),
        "LAMBDA_EXECUTOR": "local",
    }
    command = [sys.executable, "-I", "-S", "-c", _START.format(packages=packages)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            end_process(process, 10)


def _deploy(url: str, routes: Sequence[Route]) -> tuple[str, str]:
    """The Host headers of the REST and of the HTTP API."""

    def client(service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("echo.py", ECHO)
    made = client("lambda").create_function(
        FunctionName="echo",
        Runtime="python3.13",
        Handler="echo.handler",
        Role=_ROLE,
        Code={"ZipFile": archive.getvalue()},
    )
    arn = made["FunctionArn"]
    port = url.rpartition(":")[2]
    rest, http = _rest(client("apigateway"), routes, arn), _http(client("apigatewayv2"), routes, arn)
    return f"{rest}.execute-api.localhost:{port}", f"{http}.execute-api.localhost:{port}"


def _rest(client: Any, routes: Sequence[Route], arn: str) -> str:
    api: str = client.create_rest_api(name="second")["id"]
    resources = {"": client.get_resources(restApiId=api)["items"][0]["id"]}
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    for route in routes:
        path = ""
        for segment in route.path.strip("/").split("/") if route.path != "/" else ():
            parent, path = path, f"{path}/{segment}"
            if path not in resources:
                made = client.create_resource(restApiId=api, parentId=resources[parent], pathPart=segment)
                resources[path] = made["id"]
        at = {"restApiId": api, "resourceId": resources[path], "httpMethod": route.method}
        client.put_method(**at, authorizationType="NONE")
        client.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    client.create_deployment(restApiId=api, stageName="prod")
    return api


def _http(client: Any, routes: Sequence[Route], arn: str) -> str:
    api: str = client.create_api(Name="second", ProtocolType="HTTP")["ApiId"]
    proxy = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": "2.0"}
    target = f"integrations/{client.create_integration(ApiId=api, **proxy)['IntegrationId']}"
    for route in routes:
        client.create_route(ApiId=api, RouteKey=f"{route.method} {route.path}", Target=target)
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
