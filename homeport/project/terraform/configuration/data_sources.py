"""Data sources whose values can be known without AWS.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/caller_identity
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.terraform.configuration.policy_documents import policy_document
from homeport.project.terraform.evaluation.evaluator import HclEvaluator
from homeport.project.terraform.evaluation.functions.encodings import json_encode
from homeport.project.terraform.evaluation.values import EvaluationError, LazyObject, StandInText, as_text
from homeport.project.terraform.language.parser import parse_template
from homeport.project.terraform.language.syntax import HclError

if TYPE_CHECKING:
    from homeport.project.terraform.configuration.instances import ResourceInstance


def data_value(instance: ResourceInstance, name: str) -> Any:
    """Return an attribute of a data source, None if it is not known. Raises EvaluationError."""
    reader = _READERS.get(instance.type)
    return reader(instance, name) if reader is not None else None


def _identity(_: ResourceInstance, name: str) -> Any:
    return {
        "account_id": LOCAL_ACCOUNT,
        "id": LOCAL_ACCOUNT,
        "user_id": LOCAL_ACCOUNT,
        "arn": f"arn:aws:iam::{LOCAL_ACCOUNT}:root",
    }.get(name)


def _region(instance: ResourceInstance, name: str) -> Any:
    region = instance.module.settings.region
    named = dict.fromkeys(("name", "id", "region"), region)
    return {**named, "description": region, "endpoint": f"ec2.{region}.amazonaws.com"}.get(name)


def _partition(_: ResourceInstance, name: str) -> Any:
    known = {"partition": "aws", "id": "aws", "dns_suffix": "amazonaws.com", "reverse_dns_prefix": "com.amazonaws"}
    return known.get(name)


def _zones(instance: ResourceInstance, name: str) -> Any:
    region = instance.module.settings.region
    known = {
        "names": [f"{region}{letter}" for letter in "abc"],
        "zone_ids": [f"use1-az{number}" for number in (1, 2, 3)],
    }
    return {**known, "id": region}.get(name)


def _policy(instance: ResourceInstance, name: str) -> Any:
    if name not in ("json", "minified_json", "id"):
        return None
    return json_encode(policy_document(instance.view, instance.module.settings.lines))


def _archive(instance: ResourceInstance, name: str) -> Any:
    digest = instance.module.settings.digest(instance.address)
    if name.startswith("output_base64"):
        return base64.b64encode(digest).decode()
    if name == "output_size":
        return 1
    return digest.hex() if name.startswith("output_") or name == "id" else None


def _template(instance: ResourceInstance, name: str) -> Any:
    if name != "rendered":
        return None
    given = instance.view.get("vars") or {}
    names = given.to_map() if isinstance(given, LazyObject) else given
    try:
        template = parse_template(as_text(instance.view.get("template") or ""))
    except HclError as error:
        raise EvaluationError(error.message, hint=error.hint) from error
    return as_text(HclEvaluator(instance.module, instance.source.file, names).value(template))


def _file(instance: ResourceInstance, name: str) -> Any:
    files, path = instance.module.files, instance.view.get("filename")
    if name == "content":
        return files.text(path)
    return base64.b64encode(files.content(path)).decode() if name == "content_base64" else None


def _managed_policy(instance: ResourceInstance, name: str) -> Any:
    """Return a managed policy by its name: AWS's own ones are those that the template does not have."""
    if name not in ("arn", "id"):
        return None
    given = instance.view.get("arn")
    path = as_text(instance.view.get("path_prefix") or "/")
    return given or f"arn:aws:iam::aws:policy{path}{as_text(instance.view.get('name') or '')}"


def _parameter(instance: ResourceInstance, name: str) -> Any:
    """Return the value of a parameter as a dynamic reference, for which ``--import`` gives the value."""
    if name not in ("value", "insecure_value"):
        return None
    return StandInText(f"{{{{resolve:ssm:{as_text(instance.view.get('name'))}}}}}")


def _secret(instance: ResourceInstance, name: str) -> Any:
    if name != "secret_string":
        return None
    return StandInText(f"{{{{resolve:secretsmanager:{as_text(instance.view.get('secret_id'))}}}}}")


def _outputs(instance: ResourceInstance, name: str) -> Any:
    return _RemoteOutputs(instance) if name == "outputs" else None


class _RemoteOutputs(LazyObject):
    """The outputs of another configuration's state, which is not here: they are the defaults, or placeholders."""

    def __init__(self, instance: ResourceInstance) -> None:
        self._instance = instance

    def attribute(self, name: str) -> Any:
        given = self._instance.view.get("defaults")
        return given[name] if isinstance(given, dict) and name in given else StandInText(name)

    def names(self) -> list[str]:
        return []


_READERS: Mapping[str, Callable[[ResourceInstance, str], Any]] = {
    "archive_file": _archive,
    "aws_availability_zones": _zones,
    "aws_caller_identity": _identity,
    "aws_iam_policy": _managed_policy,
    "aws_iam_policy_document": _policy,
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_secretsmanager_secret_version": _secret,
    "aws_ssm_parameter": _parameter,
    "local_file": _file,
    "local_sensitive_file": _file,
    "template_file": _template,
    "terraform_remote_state": _outputs,
}
