"""Keys of KMS: their state and aliases, and texts encrypted and decrypted with them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from homeport.errors import HomeportError
from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No keys. Write one into deploy/resources.yaml: Key: {Type: AWS::KMS::Key}"


def overview(site: SiteContext) -> ResourceList:
    """Return the keys."""
    kms = client(site, "kms")
    aliases, rows = _aliases(kms), []
    for each in kms.list_keys().get("Keys", []):
        found = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        name = Cell(each["KeyId"], url_for(".show_key", id=each["KeyId"]))
        usage = found.get("KeyUsage", "").replace("_", " ").lower()
        rows.append(Row((name, Cell(", ".join(aliases.get(each["KeyId"], ()))), Cell(usage), Cell(_state(found)))))
    return ResourceList("Keys", ("Key", "Alias", "Use", "State"), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of keys."""
    views = PageRegistry(pages)

    @views.page("/keys/<id>")
    def show_key(id: str) -> ServicePage:
        kms = client(site, "kms")
        found = kms.describe_key(KeyId=id)["KeyMetadata"]
        forms = (
            ActionForm("Encrypt", url_for(".encrypt", id=id), "Encrypt", (_area("text", "Text"),)),
            ActionForm("Decrypt", url_for(".decrypt", id=id), "Decrypt", (_area("sealed", "Ciphertext, in base64"),)),
        )
        return ServicePage(
            title=(_aliases(kms).get(id) or [id])[0],
            parents=(("Services", url_for(".show_all")),),
            facts=(
                ("Key id", id),
                ("State", _state(found)),
                ("Spec", found.get("KeySpec", "")),
                ("Description", found.get("Description", "")),
                ("ARN", found.get("Arn", "")),
            ),
            forms=forms if found.get("KeyUsage") == "ENCRYPT_DECRYPT" else (),
        )

    @views.action("/keys/<id>/encrypt")
    def encrypt(id: str, sent: Mapping[str, Any]) -> Done:
        text = text_of(sent, "text", "the text")
        made = client(site, "kms").encrypt(KeyId=id, Plaintext=text.encode())
        return Done("Encrypted, in base64:", shown=base64.b64encode(made["CiphertextBlob"]).decode())

    @views.action("/keys/<id>/decrypt")
    def decrypt(id: str, sent: Mapping[str, Any]) -> Done:
        try:
            sealed = base64.b64decode(text_of(sent, "sealed", "the ciphertext"), validate=True)
        except binascii.Error as error:
            raise HomeportError(f"the ciphertext is no base64: {error}") from None
        text = client(site, "kms").decrypt(KeyId=id, CiphertextBlob=sealed)["Plaintext"]
        return Done("Decrypted:", shown=text.decode(errors="replace"))


def _area(name: str, label: str) -> FormField:
    return FormField(name, label, kind="area", required=True)


def _state(found: Mapping[str, Any]) -> str:
    return str(found.get("KeyState", "")).replace("PendingDeletion", "pending deletion").lower()


def _aliases(kms: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in kms.list_aliases().get("Aliases", []):
        if each.get("TargetKeyId"):
            found.setdefault(each["TargetKeyId"], []).append(each["AliasName"])
    return found
