"""KMS: keys by id, ARN or alias.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..patterns import Context
from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_NO_KEY = frozenset(
    (
        *("ConnectCustomKeyStore", "CreateCustomKeyStore", "CreateKey", "DeleteCustomKeyStore"),
        *("DescribeCustomKeyStores", "DisconnectCustomKeyStore", "GenerateRandom", "ListAliases", "ListKeys"),
        *("ListRetirableGrants", "UpdateCustomKeyStore"),
    )
)
_OF_ALIAS = frozenset(("CreateAlias", "DeleteAlias", "UpdateAlias"))


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to KMS. A ciphertext alone does not tell its key: it is any."""
    context = parameters.get("EncryptionContext")
    if operation == "ReEncrypt":
        source = parameters.get("SourceEncryptionContext")
        yield _of_key("ReEncryptFrom", parameters.get("SourceKeyId"), source, parameters, place)
        target = parameters.get("DestinationEncryptionContext")
        yield _of_key("ReEncryptTo", parameters.get("DestinationKeyId"), target, parameters, place)
    elif operation in _NO_KEY:
        yield ServicePermission(f"kms:{operation}", ANY)
    elif operation in _OF_ALIAS:
        yield ServicePermission(f"kms:{operation}", place.arn("kms", str(parameters.get("AliasName", ""))))
        if target := parameters.get("TargetKeyId"):
            yield _of_key(operation, target, context, parameters, place)
    else:
        yield _of_key(operation, parameters.get("KeyId"), context, parameters, place)


def _of_key(action: str, name: Any, context: Any, parameters: Parameters, place: ServicePlace) -> ServicePermission:
    alias = "alias/" + str(name).partition("alias/")[2] if "alias/" in str(name) else ""
    pairs = context if isinstance(context, dict) else {}
    keys: Context = {
        "kms:encryptionalgorithm": key(parameters.get("EncryptionAlgorithm")),
        "kms:encryptioncontextkeys": list(map(str, pairs)),
        "kms:requestalias": key(alias),
        **{f"kms:encryptioncontext:{str(each).lower()}": [str(value)] for each, value in pairs.items()},
    }
    return ServicePermission(f"kms:{action}", _arn(name, alias, place), keys)


def _arn(name: Any, alias: str, place: ServicePlace) -> str:
    if alias:
        # Permissions are on the key; an alias is no resource of them.
        return place.arns.get(alias, place.arn("kms", f"key/{ANY}"))
    return place.arn_of("kms", "key/", str(name or ANY))
