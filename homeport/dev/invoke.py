"""``homeport invoke``: one invocation of one function, as the console's Test button makes it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from homeport.dev.processes import worker_parent_starter
from homeport.dev.running_instance import private_runtime_dir
from homeport.dev.worker_setup import WorkerSetup
from homeport.environment import read_environment
from homeport.errors import HomeportError, SetupError
from homeport.gateway.assembly import LOCAL_ACCOUNT
from homeport.package_cache import Say
from homeport.project.load import Project
from homeport.project.validators.generate import write_generated
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation, InvokeError
from homeport.runtime.function_config import function_configs
from homeport.runtime.host.launch import ParentSetup
from homeport.runtime.host.pool import PoolRuntime
from homeport.runtime.logs import FunctionLogFiles


def invoke_once(project: Project, function: str, event: bytes, dynamodb: str | None, say: Say) -> Invocation:
    """Invoke a function with a JSON event. Its log is kept with those of ``homeport dev``.

    ``dynamodb`` is the endpoint that the function uses. Raises HomeportError if it can't be invoked.
    """
    configs = function_configs(
        project.api, project.stage, project.resources, dynamodb_url=dynamodb, account_id=LOCAL_ACCOUNT
    )
    with _worker_parent(project, say) as setup:
        runtime = PoolRuntime({function: configs[function]}, setup.socket_path, setup.scratch)
        try:
            invocation = runtime.invoke(function, event)
        except InvokeError as error:
            raise HomeportError(f"{function} was not called: {type(error).__name__}: {error}") from error
        finally:
            runtime.close()
    files = RotatingLogWriter()
    FunctionLogFiles(project.data_dir, files, time.time).append(function, invocation)
    files.flush()
    return invocation


@contextmanager
def _worker_parent(project: Project, say: Say) -> Iterator[ParentSetup]:
    """Start a worker parent, and end it afterwards."""
    with ExitStack() as stack:
        write_generated(project.root, project.api)
        runtime_dir = stack.enter_context(private_runtime_dir())
        setup = WorkerSetup(read_environment().cache_dir, runtime_dir, say).prepare(project)
        lifeline, hold = os.pipe()
        parent = worker_parent_starter(setup)(lifeline)
        stack.callback(parent.process.wait)
        stack.callback(os.close, hold)
        os.close(lifeline)
        ready = os.read(parent.status, 64)
        os.close(parent.status)
        if not ready:
            raise SetupError(f"the worker parent did not start (exit status {parent.process.wait()})")
        yield setup
