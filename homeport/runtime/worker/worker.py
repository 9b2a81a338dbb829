"""A worker: the process of an execution environment. It initialises once, then serves one request at a time."""

from __future__ import annotations

import gc
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ...permissions.role import Role
from .aws_calls import AwsCalls, install
from .code_folder import CodeFinder, CodeFolder, has_any, use
from .faults import FaultInjector
from .frames import FrameReader, encode_json, pack, receive
from .invocation import (
    Handler,
    LambdaContext,
    Marshaller,
    Payload,
    TraceVariable,
    call_handler,
    error_payload,
    escapes_non_ascii,
    find_handler,
)
from .limits import MAX_RESULT
from .log_places import LogPlaces
from .logs import RequestLog
from .missing_modules import OwnBundle, missing_module_hint
from .module_finder import PACKAGE, ServiceFinder
from .preload import forget, set_up_botocore
from .process_setup import WorkerSpec, peak_memory, set_up_process, standard_streams
from .sandbox import TASK_ROOT, ReadOnly
from .trace import Trace

_WRITABLE = ("/tmp", "/private/tmp", "/dev")


def run(spec: WorkerSpec) -> NoReturn:
    """Be the worker until the gateway closes the connection, or the handler's code ends the process."""
    sock, project = set_up_process(spec)
    worker = Worker(spec, sock, project)
    handler = worker.initialise()
    os.close(project)
    worker.serve(handler)


class Worker:
    """The process's own state: its socket, its log and its streams."""

    def __init__(self, spec: WorkerSpec, sock: socket.socket, project: int) -> None:
        self._spec = spec
        self._sock = sock
        self._project = project
        self._streams = standard_streams()
        self._places = LogPlaces(_own_folders(spec))
        if spec.function.get("traced"):
            for stream in self._streams:
                stream.places = self._places
        self._log = RequestLog(self._streams[0], os.environ.get("AWS_LAMBDA_LOG_FORMAT", ""))
        self._log.install(os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""))
        self._marshaller = Marshaller(escapes_non_ascii(os.environ.get("AWS_EXECUTION_ENV", "")))
        frozen = _find_modules(spec)
        writable = (*_WRITABLE, tempfile.gettempdir(), str(spec.cache))
        ReadOnly(writable, [*map(str, frozen), str(spec.task), *sys.path]).install()
        self._faults = FaultInjector(self._log.write, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
        self._faults.set(spec.function.get("faults"))
        function = spec.function
        trace = Trace(function.get("bodies", False)) if function.get("traced") else None
        role = Role(
            *(function[name] for name in ("permissions", "policies", "partition_keys", "principal", "boundary"))
        )
        self._calls = AwsCalls(role, function["offline"], self._faults, trace, function.get("arns"))
        # Without botocore in its own packages, a function makes no call.
        with suppress(ImportError):
            install(lambda: self._calls)

    def initialise(self) -> Handler:
        """Import the handler and report to the gateway; a failure is reported, and ends the process."""
        try:
            handler = find_handler(self._spec.function["handler"])
        except Exception as exc:
            self._fail(exc)
        # The objects that exist now will stay: the garbage collector need not look through them again and again.
        gc.freeze()
        self._send({"ready": True})
        return handler

    def serve(self, handler: Handler) -> NoReturn:
        """Answer requests until the gateway closes its end."""
        reader, trace = FrameReader(), TraceVariable()
        while (frame := receive(self._sock, reader)) is not None:
            header, event = frame
            self._log.request_id = header["id"]
            trace.set(header["trace"])
            self._faults.set(header.get("faults"), header["id"])
            arn = self._spec.function["arn"]
            context = LambdaContext(header["id"], arn, header["deadline"], os.environ, self._log.write)
            self._respond(call_handler(handler, event, context, self._marshaller))
        os._exit(0)

    def _respond(self, result: str | bytes | Payload) -> None:
        header: dict[str, Any] = {}
        if isinstance(result, dict):
            self._log.error(result)
            if result["errorType"] == "BdbQuit":
                self._log.write("homeport: a breakpoint needs a terminal: homeport dev --in-process")
            header["error"] = result["errorType"]
            result = self._marshaller.encode(result)
        # Text that UTF-8 can't hold (a lone surrogate) ends the process here, as it ends AWS's runtime client.
        body = result.encode() if isinstance(result, str) else result
        if len(body) > MAX_RESULT:
            self._send({"too_large": len(body)})
            sys.exit(1)
        self._send(header, body)

    def _fail(self, error: Exception) -> NoReturn:
        payload = error_payload(error)
        self._log.error(payload)
        code = self._spec.code
        bundle = OwnBundle.of(code, self._spec.project, self._spec.function["handler"]) if code is not None else None
        if advice := missing_module_hint(error, self._project, bundle):
            self._log.write(advice)
        self._send({"ready": False, "error": payload["errorType"]}, self._marshaller.encode(payload).encode())
        os._exit(1)

    def _send(self, header: dict[str, Any], body: bytes = b"") -> None:
        # The output has to be in the pipe before the response is in the socket, so that the gateway reads it in time.
        for stream in self._streams:
            if not stream.closed:
                stream.flush()
        notes = {
            "checks": self._calls.take_checks(),
            "requests": self._calls.take_requests(),
            "services": self._calls.take_service_calls(),
            "places": self._places.take(),
        }
        header["peak"] = peak_memory()
        if any(notes.values()):
            # Behind the body, so that the gateway can reply before it reads them.
            encoded = encode_json(notes)
            header["notes"] = len(encoded)
            body += encoded
        self._sock.sendall(pack(header, body))


def _own_folders(spec: WorkerSpec) -> Sequence[str]:
    """Return the folders of the function's own code, as its modules know their files."""
    return [str(spec.project), *([str(spec.code.root), TASK_ROOT] if spec.code is not None else [])]


def _find_modules(spec: WorkerSpec) -> Sequence[Path]:
    """Have imports find the function's modules, and return the folders that it may not write to."""
    code = spec.code
    if code is None:
        ServiceFinder(spec.project, spec.cache).install()
        return [spec.project / PACKAGE]
    use(code)
    CodeFinder(code.written_by_owner, spec.cache).install()
    if has_any(_before_sets(code), spec.preloaded):
        # The function brings boto3, or a package that boto3 needs, in its own code: that one is used.
        forget(spec.preloaded)
        with suppress(ImportError):
            set_up_botocore()
    return code.written_by_owner


def _before_sets(code: CodeFolder) -> list[str]:
    """Return the folders of its imports that are the owner's, not package sets made by the kit."""
    sets = {str(folder) for folder in code.sets}
    return [folder for folder in code.import_path() if folder not in sets]
