"""The ASGI application of the services: which of them a request is for, and when what it changed is saved.

ministack's own application carries a request out. Its services are imported when they are first used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import ministack.app
import ministack.services
from ministack.core import responses, router
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict
from ministack.core.router import detect_service

from .archive_layout import OBJECTS
from .developer_endpoints import DeveloperEndpoints
from .functions import functions_module
from .given_ids import GivenIds
from .local_credentials import accept_local_credentials
from .orders import ServiceOrders, respond, send_whole
from .protocols import install_protocols
from .state import StateStore, live_state
from .tables import tables_module

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_SCOPED: Mapping[str, type[Any]] = {"region": AccountRegionScopedDict, "account": AccountScopedDict}
_MODULES = (
    *("s3", "sqs", "sns", "eventbridge", "scheduler", "ssm", "secretsmanager", "stepfunctions", "kinesis", "ses"),
    *("ses_v2", "cognito", "kms", "cloudwatch"),
)
"""The modules of ministack whose state is kept. STS has none."""
# The modules with threads that change something on their own.
_ACTIVE = ("eventbridge", "scheduler", "stepfunctions")
_DELIVERING = frozenset(("s3", "sns", "events", "scheduler", "states", "ses", "cognito-idp", "monitoring"))
"""The services, by ministack's names, whose requests may change what others hold."""
_READ = re.compile(r"(?:Get|List|Describe|Head|(?:Batch)Get|Search|Filter|AdminGet|AdminList|Verify)[A-Z]?")
NOT_EMULATED = "homeport does not have {service} of AWS here. Do without the call, or give its client an endpoint_url"


class ServicesApp:
    """The services with what ``store`` kept of them; None keeps everything in memory.

    ``settings`` are those of the process: ``dynamodb`` and ``functions`` are the endpoints of what runs elsewhere.
    """

    def __init__(self, settings: Mapping[str, Any], store: StateStore | None) -> None:
        """Load what was kept. Raises StateError."""
        self._store = store
        # ministack has the bodies of objects in files of its own.
        self._objects = Path(settings["data"]) / OBJECTS if settings["data"] else None
        self._orders = ServiceOrders(store, self._objects, _MODULES, _SCOPED, self._module, self._save)
        self._developer_endpoints = DeveloperEndpoints(self._module, settings["account"], settings["region"])
        self._ids = GivenIds()
        self._touched = False
        self._schedulers: set[str] = set()
        self._install("lambda_svc", functions_module("ministack.services.lambda_svc", settings["functions"]))
        tables = tables_module("ministack.services.dynamodb", settings["dynamodb"], settings["region"])
        self._install("dynamodb", tables)
        install_protocols(responses, router)
        ministack.app.SERVICE_HANDLERS["dynamodb"] = tables.handle_request
        # A bucket may be part of the host: BUCKET.localhost, BUCKET.s3.localhost.
        ministack.app._MINISTACK_HOST = "localhost"
        if store is not None:
            for name, stores in store.load(_SCOPED).items():
                self._module(name).load_persisted_state(stores)

    def start(self, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
        """Take requests in ``loop`` from now on; ``ready`` is called when the server listens."""
        ministack.app._MAIN_LOOP = loop
        self._ready = ready

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request, or the server's lifespan events."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve_request(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    def save(self) -> None:
        """Save what has changed, and log it where that is not possible."""
        try:
            self._save()
        except (sqlite3.Error, OSError) as error:
            logging.error("what the services hold can't be saved: %s", error)

    def tick(self) -> None:
        """Save what threads of the services have changed since the last tick, and start those that are due."""
        self._start_schedulers()
        if self._touched or any(f"ministack.services.{name}" in sys.modules for name in _ACTIVE):
            self._touched = False
            self.save()

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        self._start_schedulers()
        self._ready()
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve_request(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        target = headers.get("x-amz-target", "")
        # A page of a browser has no orders to give.
        if target.startswith("Homeport.") and "origin" not in headers:
            await self._orders.carry_out(target, receive, send)
            return
        if scope["path"].startswith("/_aws/") and scope["method"] == "GET" and "origin" not in headers:
            await self._send_look(scope["path"], query, send)
            return
        service = detect_service(scope["method"], scope["path"], headers, query)
        if service not in ministack.app.SERVICE_HANDLERS or scope["path"].startswith("/_ministack/"):
            await _refuse(service, headers, send)
            return
        if "origin" in headers and not _is_for_browsers(service, query, headers):
            await respond(send, 403, "AccessDeniedException", "no page of a browser may call this service")
            return
        self._ids.take_from(headers, service)
        if service == "s3":
            accept_local_credentials(self._module("s3"))
        reads = _is_read(scope["method"], target, query)
        only = None if service in _DELIVERING else ministack.app.SERVICE_REGISTRY[service]["module"]
        await ministack.app.app(scope, receive, send if reads else self._saving(send, only))
        self._touched = True

    async def _send_look(self, path: str, query: Mapping[str, list[str]], send: Send) -> None:
        found = self._developer_endpoints.answer(path, query)
        if found is None:
            await respond(send, 404, "NotFound", f"there is no {path}, or not this queue")
            return
        await send_whole(send, 200, "application/json", json.dumps(found).encode())

    def _saving(self, send: Send, only: str | None) -> Send:
        """Return ``send``, which saves what has changed before it sends the beginning of a response.

        ``only`` is the module that alone can have changed, None: any can.
        """
        failed = False

        async def save_first(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                try:
                    self._save(only)
                except (sqlite3.Error, OSError) as error:
                    failed = True
                    logging.error("what the services hold can't be saved: %s", error)
                    await respond(send, 500, "InternalServerError", f"The change can't be saved: {error}")
            if not failed:
                await send(message)

        return save_first

    def _save(self, only: str | None = None) -> None:
        if self._store is None:
            return
        for name in _MODULES if only is None else (only,):
            module = sys.modules.get(f"ministack.services.{name}")
            if module is not None and name in _MODULES:
                self._store.save(name, live_state(module), _SCOPED)

    def _start_schedulers(self) -> None:
        """Start the threads that fire schedules, of services that are in use."""
        for name in ("eventbridge", "scheduler"):
            module = sys.modules.get(f"ministack.services.{name}")
            if module is not None and name not in self._schedulers:
                self._schedulers.add(name)
                module.start_scheduler()

    def _module(self, name: str) -> Any:
        return ministack.app._get_module(name)

    def _install(self, name: str, module: ModuleType) -> None:
        """Have ministack import a module of ours in place of its own."""
        sys.modules[f"ministack.services.{name}"] = module
        setattr(ministack.services, name, module)
        ministack.app._loaded_modules[name] = module


def _is_for_browsers(service: str, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> bool:
    """Return whether a page may send a request: anyone's page in a browser on this machine can reach the port.

    Pages sign in to user pools, and use URLs and forms of S3 that were signed for them.
    """
    if service in ("cognito-idp", "cognito-identity"):
        return True
    form = headers.get("content-type", "").startswith("multipart/form-data")
    return service == "s3" and (form or not query.keys().isdisjoint(("X-Amz-Signature", "Signature")))


def _is_read(method: str, target: str, query: Mapping[str, list[str]]) -> bool:
    if target:
        return _READ.match(target.rpartition(".")[2]) is not None
    return method in ("GET", "HEAD", "OPTIONS") and "Action" not in query


async def _refuse(service: str, headers: Mapping[str, str], send: Send) -> None:
    message = NOT_EMULATED.format(service=service)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Error><Code>NotEmulatedError</Code><Message>{escape(message)}</Message></Error>"
        await send_whole(send, 501, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
        return
    await respond(send, 501, "NotEmulatedError", message)
