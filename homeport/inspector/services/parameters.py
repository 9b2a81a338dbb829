"""Parameters of Parameter Store and secrets of Secrets Manager.

The value of a secret, or of a SecureString, is never shown and never sent to the page: a new one can be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request, url_for

from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    TextBlock,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext
from homeport.recordings.redaction import MASK

_SECURE = "SecureString"
_MOST = 500
_NO_PARAMETERS = (
    "No parameters. Write one into deploy/resources.yaml: Mode: {Type: AWS::SSM::Parameter, "
    "Properties: {Name: /app/mode, Type: String, Value: fast}}"
)
_NO_SECRETS = "No secrets. Write one into deploy/resources.yaml: Password: {Type: AWS::SecretsManager::Secret}"


def parameter_overview(site: SiteContext) -> ResourceList:
    """Return the parameters, without the values of those that are secret."""
    ssm = client(site, "ssm")
    found: list[Mapping[str, Any]] = []
    for page in ssm.get_paginator("describe_parameters").paginate():
        found += page.get("Parameters", [])
        if len(found) >= _MOST:
            break
    rows = []
    for each in sorted(found, key=lambda one: one["Name"]):
        secure = each.get("Type") == _SECURE
        value = MASK if secure else ssm.get_parameter(Name=each["Name"])["Parameter"]["Value"]
        href = url_for(".show_parameter", name=each["Name"])
        rows.append(Row((Cell(each["Name"], href), Cell(each.get("Type", "")), Cell(value, kind="target"))))
    return ResourceList("Parameters", ("Parameter", "Type", "Value"), tuple(rows), _NO_PARAMETERS)


def secret_overview(site: SiteContext) -> ResourceList:
    """Return the secrets, without their values."""
    found = client(site, "secretsmanager").list_secrets().get("SecretList", [])
    rows = [
        Row(
            (
                Cell(each["Name"], url_for(".show_secret", name=each["Name"])),
                Cell(MASK),
                Cell(each.get("Description", "")),
            )
        )
        for each in found
    ]
    return ResourceList("Secrets", ("Secret", "Value", "Description"), tuple(rows), _NO_SECRETS)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of parameters and secrets."""
    views = PageRegistry(pages)

    @views.page("/parameter")
    def show_parameter() -> ServicePage:
        name = text_of(request.args, "name", "the name")
        # Without decryption a SecureString comes as its ciphertext; it is not shown either.
        found = client(site, "ssm").get_parameter(Name=name, WithDecryption=False)["Parameter"]
        secure = found["Type"] == _SECURE
        value = FormField(
            "value", "New value", "" if secure else found["Value"], "secret" if secure else "area", required=True
        )
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            facts=(("Type", found["Type"]), ("Version", str(found.get("Version", "")))),
            forms=(ActionForm("Change it", url_for(".put_parameter", name=name), "Save", (value,)),),
            texts=(TextBlock("Value", MASK if secure else found["Value"]),),
        )

    @views.action("/parameter")
    def put_parameter(sent: Mapping[str, Any]) -> Done:
        name, ssm = text_of(request.args, "name", "the name"), client(site, "ssm")
        kind = ssm.get_parameter(Name=name)["Parameter"]["Type"]
        ssm.put_parameter(Name=name, Value=text_of(sent, "value", "the value"), Type=kind, Overwrite=True)
        return Done(f"Changed {name}.")

    @views.page("/secret")
    def show_secret() -> ServicePage:
        name = text_of(request.args, "name", "the name")
        found = client(site, "secretsmanager").describe_secret(SecretId=name)
        value = FormField("value", "New value", kind="secret", required=True)
        return ServicePage(
            title=name,
            parents=(("Services", url_for(".show_all")),),
            facts=(("ARN", found.get("ARN", "")), ("Versions", str(len(found.get("VersionIdsToStages", {}))))),
            notes=("Its value is never shown here: a function, or an SDK at the endpoint, can read it.",),
            forms=(ActionForm("Change it", url_for(".put_secret", name=name), "Save", (value,)),),
            texts=(TextBlock("Value", MASK),),
        )

    @views.action("/secret")
    def put_secret(sent: Mapping[str, Any]) -> Done:
        name = text_of(request.args, "name", "the name")
        client(site, "secretsmanager").put_secret_value(SecretId=name, SecretString=text_of(sent, "value", "the value"))
        return Done(f"Changed {name}.")
