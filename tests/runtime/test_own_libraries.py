"""A function's libraries and CPU affinity are those that it has on Lambda: nothing of boto3 or botocore is replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.runtime import Deploy, packages

pytestmark = pytest.mark.stack

# Lists each function of botocore's: where it is found, what it is, and the file of its code.
LISTING = """
import importlib, inspect, pkgutil
import boto3.session, botocore

boto3.session.Session("_", "_", region_name="eu-west-1").client("dynamodb").meta

def describe(owner):
    code = getattr(owner, "__code__", None)
    return [type(owner).__name__, getattr(owner, "__module__", None), getattr(owner, "__qualname__", None),
            code and code.co_filename]

def listing():
    found = {}
    for package in (boto3, botocore):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if info.ispkg or info.name in ("botocore.crt", "boto3.crt"):
                continue
            module = importlib.import_module(info.name)
            for name, owner in vars(module).items():
                if inspect.isclass(owner) and owner.__module__ == module.__name__:
                    for attribute, value in vars(owner).items():
                        if callable(value) and not inspect.isclass(value):
                            found[f"{info.name}.{name}.{attribute}"] = describe(value)
                elif callable(owner) and not inspect.isclass(owner):
                    found[f"{info.name}.{name}"] = describe(owner)
    return found
"""
HANDLER = f"""{LISTING}
import os

def handler(event, context):
    return sorted(os.sched_getaffinity(0)) if event == "affinity" else listing()
"""
PLAIN = f"import sys; sys.path.insert(0, sys.argv[1]){LISTING}\nimport json; print(json.dumps(listing()))"

ON_THE_WAY_OF_A_CALL = {
    "botocore.auth.SigV4Auth.add_auth",
    "botocore.endpoint_provider.EndpointProvider.resolve_endpoint",
    "botocore.httpsession.URLLib3Session.send",
    "botocore.loaders.JSONFileLoader.load_file",
    "botocore.parsers.BaseJSONParser._handle_structure",
    "botocore.parsers.JSONParser._do_parse",
    "botocore.regions.EndpointResolver.construct_endpoint",
    "botocore.regions.EndpointRulesetResolver._resolve_param_from_context",
    "botocore.useragent.UserAgentString.to_string",
}


def test_a_functions_boto3_and_botocore_are_those_of_a_plain_interpreter(deploy: Deploy) -> None:
    command = [sys.executable, "-I", "-S", "-c", PLAIN, str(packages())]
    plain = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert plain.keys() >= ON_THE_WAY_OF_A_CALL
    assert all(str(plain[path][3]).startswith(str(packages())) for path in ON_THE_WAY_OF_A_CALL)
    assert deploy(HANDLER).result() == plain


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_a_function_may_use_every_core_of_the_machine(deploy: Deploy) -> None:
    function = deploy(HANDLER)
    for _ in range(30):
        assert function.result("affinity") == sorted(os.sched_getaffinity(0))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Lambda's runtimes have setuptools before python3.12 only")
def test_a_function_has_setuptools_as_python_had_it(deploy: Deploy) -> None:
    handler = "import setuptools\ndef handler(event, context):\n    return setuptools.__file__\n"
    assert deploy(handler).result().startswith(str(packages()))
