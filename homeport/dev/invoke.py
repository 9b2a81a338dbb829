"""One invocation of one function, as the console's Test button makes it, in an environment of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from homeport.dev.running_instance import private_runtime_dir
from homeport.dev.worker_setup import WorkerSetup
from homeport.environment import read_environment
from homeport.errors import HomeportError, SetupError
from homeport.gateway.assembly import LOCAL_ACCOUNT
from homeport.package_cache import Say
from homeport.project.project import Project
from homeport.project.validators.generate import write_generated
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation, InvokeError
from homeport.runtime.config import function_configs
from homeport.runtime.host.launch import ParentSetup, start_parent
from homeport.runtime.host.pool import PoolRuntime
from homeport.runtime.log_files import FunctionLogFiles


def invoke_once(project: Project, function: str, event: bytes, dynamodb: str | None, say: Say) -> Invocation:
    """Call a function with a JSON event; its log is kept with those of ``homeport dev``.

    ``dynamodb`` is the endpoint for it. Raises HomeportError if it can't be called.
    """
    configs = function_configs(
        project.api, project.stage, project.resources, dynamodb_url=dynamodb, account_id=LOCAL_ACCOUNT
    )
    with _workers(project, say) as setup:
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
def _workers(project: Project, say: Say) -> Iterator[ParentSetup]:
    """A worker parent, ended afterwards."""
    with ExitStack() as stack:
        write_generated(project.root, project.api)
        home = stack.enter_context(private_runtime_dir())
        setup = WorkerSetup(read_environment().cache_dir, home, say).setup(project)
        lifeline, hold = os.pipe()
        status, write = os.pipe()
        for descriptor in (lifeline, write):
            os.set_inheritable(descriptor, True)
        parent = start_parent(setup, lifeline, write)
        stack.callback(parent.wait)
        stack.callback(os.close, hold)
        os.close(lifeline)
        os.close(write)
        ready = os.read(status, 64)
        os.close(status)
        if not ready:
            raise SetupError(f"the worker parent did not start (exit status {parent.wait()})")
        yield setup
