"""The attributes that a provider makes: ids, ARNs and URLs of AWS, and what other providers make at random."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from uuid import UUID

from homeport.project.cloudformation.stack.references import (
    ResourceOwner,
    attribute_of,
    placeholder_of,
    reference_of,
)
from homeport.project.cloudformation.stack.resource_forms import form_of
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.terraform.catalog.kinds import ResourceKind, property_name
from homeport.project.terraform.catalog.registry import KINDS
from homeport.project.terraform.configuration.data_sources import data_value
from homeport.project.terraform.evaluation.values import EvaluationError, GuessedValue, StandInText, as_number, as_text

if TYPE_CHECKING:
    from homeport.project.terraform.configuration.instances import ResourceInstance

_FIELD = re.compile(r"\{([\w.]+)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SUFFIX_LENGTH = 8
_GIVEN_NAME = ("name", "bucket", "function_name", "layer_name")


def computed_value(instance: ResourceInstance, name: str) -> Any:
    """Return an attribute that is not written. Raises EvaluationError where it needs one that can't be worked out."""
    settings = instance.module.settings
    known = data_value(instance, name) if instance.is_data else _random_value(instance, name)
    if known is not None:
        return known
    kind = KINDS.get(instance.type)
    of_state = settings.state.attribute(instance.address, name)
    if of_state is not None and instance.is_data and not (kind is not None and instance.view.has(kind.named_by)):
        return of_state
    found = _value_of_kind(instance, kind, name) if kind is not None else None
    if found is not None or of_state is not None:
        return of_state if found is None else found
    if kind is not None and not instance.is_data:
        if name in kind.fields:
            return None
        return StandInText(placeholder_of(_owner(instance, kind), property_name(name)))
    if not instance.is_data and instance.type.startswith("aws_") and name not in ("id", "name", "arn"):
        return StandInText(_text_for(instance, name))
    if instance.is_data:
        hint = "give the value by a variable, or leave terraform.tfstate in the folder"
        settings.notes.note(GuessedValue(f"{instance.local_address}.{name}", hint))
    return StandInText(_text_for(instance, name))


def logical_id(instance: ResourceInstance) -> str:
    """Return the logical id in the template: the names of modules, the resource's own, its key, and its kind."""
    kind = KINDS[instance.type]
    modules = re.findall(r"module\.([\w-]+)(\[[^\]]*\])?", instance.module.address)
    words = [part for name, key in modules for part in (name, key)]
    own = instance.name if instance.name not in ("this", "main", "default") or not modules else ""
    key = "" if instance.key in (None, 0) else str(instance.key)
    words += [own, key]
    made = "".join(_capitalize(word) for text in words for word in re.split(r"[^A-Za-z0-9]+", text) if word)
    last = kind.type.rpartition("::")[2]
    suffix = "" if last == "Function" else last
    made = made if made.lower().endswith(suffix.lower()) and made else f"{made}{suffix}"
    return instance.module.settings.logical_id(instance.address, made or "This")


def _capitalize(word: str) -> str:
    return word[:1].upper() + word[1:]


def given_name(instance: ResourceInstance, kind: ResourceKind) -> Any:
    """Return the name that the owner gives, or that ``…_prefix`` begins; None: the provider makes it."""
    if not kind.named_by:
        return None
    given = instance.view.get(kind.named_by)
    if given not in (None, ""):
        return given
    prefix = instance.view.get(f"{kind.named_by}_prefix") or instance.view.get("name_prefix")
    if prefix is None:
        return None
    return f"{as_text(prefix)}{instance.module.settings.digest(instance.address).hex()[:_SUFFIX_LENGTH]}"


def _owner(instance: ResourceInstance, kind: ResourceKind) -> ResourceOwner:
    by_property = {field: attribute for attribute, field in kind.fields.items() if isinstance(field, str)}

    def property_of(name: str) -> object:
        attribute = by_property.get(name)
        if attribute is None:
            return None
        if attribute == kind.named_by:
            return given_name(instance, kind)
        value = instance.view.get(attribute)
        return kind.defaults.get(name) if value is None else value

    return instance.module.settings.owner(kind.type, logical_id(instance), property_of)


def _value_of_kind(instance: ResourceInstance, kind: ResourceKind, name: str) -> Any:
    if name == kind.named_by and name not in kind.values:
        given = given_name(instance, kind)
        return reference_of(_owner(instance, kind)) if given is None else given
    written = kind.values.get(name) or {"id": "{Ref}", "arn": "{Arn}"}.get(name)
    if written is None:
        return None
    owner = _owner(instance, kind)

    def field(found: re.Match[str]) -> str:
        match found[1]:
            case "Ref":
                return reference_of(owner)
            case "region":
                return instance.module.settings.region
            case "account":
                return LOCAL_ACCOUNT
            case text if text.startswith("self."):
                return as_text(instance.attribute(text.removeprefix("self.")) or "")
        known: str | None = attribute_of(owner, found[1])
        if known is None and found[1] in form_of(kind.type).attributes:
            raise EvaluationError(f"{instance.address} has no {name!r}")
        return known if known is not None else reference_of(owner)

    return _FIELD.sub(field, written)


def _text_for(instance: ResourceInstance, name: str) -> str:
    """Return a text that stands for a value of a resource of which nothing is known."""
    settings, service = instance.module.settings, instance.type.removeprefix("aws_").partition("_")[0]
    names = [instance.view.get(key) for key in _GIVEN_NAME]
    given: str = next((text for text in names if isinstance(text, str)), instance.name)
    if name.endswith("arn"):
        return f"arn:aws:{service}:{settings.region}:{LOCAL_ACCOUNT}:{instance.type.removeprefix('aws_')}/{given}"
    if name in ("id", "name"):
        return given
    if name.endswith(("url", "endpoint")):
        return f"https://{instance.name}.example.com".replace("_", "-")
    return f"{instance.name}-{name}"


def _random_value(instance: ResourceInstance, name: str) -> Any:
    """Return what a provider makes at random: here the same at every start."""
    digest = instance.module.settings.digest(instance.address)
    view = instance.view
    match instance.type, name:
        case "random_id", _:
            raw = (digest * 8)[: int(as_number(view.get("byte_length") or 8))]
            prefix = view.get("prefix") or ""
            texts = {"hex": raw.hex(), "dec": str(int.from_bytes(raw)), "b64_std": urlsafe_b64encode(raw).decode()}
            plain = urlsafe_b64encode(raw).decode().rstrip("=")
            return prefix + (texts.get(name) or plain)
        case (("random_string" | "random_password"), ("result" | "id")):
            length = int(as_number(view.get("length") or 8))
            return "".join(_LETTERS[byte % len(_LETTERS)] for byte in (digest * (length // 32 + 1))[:length])
        case "random_pet", "id":
            separator = view.get("separator") or "-"
            parts = [view.get("prefix"), "quiet", f"fox{digest[0]}"]
            return separator.join(as_text(part) for part in parts if part)
        case "random_integer", ("result" | "id"):
            return view.get("min")
        case "random_uuid", ("result" | "id"):
            return str(UUID(bytes=digest[:16], version=4))
        case "random_shuffle", "result":
            return view.get("input")
        case "terraform_data", "output":
            return view.get("input")
        case (("time_static" | "time_rotating" | "time_offset"), ("rfc3339" | "id")):
            return "2020-01-01T00:00:00Z"
        case "archive_file", _:
            return data_value(instance, name)
    return None
