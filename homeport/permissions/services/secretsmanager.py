"""Secrets Manager: secrets by their names or ARNs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..patterns import Context
from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_NO_SECRET = frozenset(("GetRandomPassword", "ListSecrets"))
# The ARN of a secret ends in a hyphen and six random characters. Policies name them as six question marks.
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
_ANY_SUFFIX = "-??????"


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Secrets Manager."""
    keys = _keys(parameters)
    if operation == "BatchGetSecretValue":
        yield ServicePermission("secretsmanager:BatchGetSecretValue", ANY, keys)
        for name in parameters.get("SecretIdList", ()):
            yield ServicePermission("secretsmanager:GetSecretValue", secret_arn(str(name), place), keys)
        return
    name = parameters.get("SecretId") or parameters.get("Name")
    resource = ANY if operation in _NO_SECRET or not name else secret_arn(str(name), place)
    yield ServicePermission(f"secretsmanager:{operation}", resource, keys)


def secret_arn(name: str, place: ServicePlace) -> str:
    """Return the ARN of a secret by its name or ARN; ``??????`` stands for characters that are not known."""
    known = place.arns.get(name)
    if known is not None:
        return known
    arn = name if name.startswith("arn:") else place.arn("secretsmanager", f"secret:{name}")
    return arn if name.startswith("arn:") and _SUFFIX.search(arn) else f"{arn}{_ANY_SUFFIX}"


def _keys(parameters: Parameters) -> Context:
    return {
        "secretsmanager:description": key(parameters.get("Description")),
        "secretsmanager:forcedeletewithoutrecovery": key(parameters.get("ForceDeleteWithoutRecovery")),
        "secretsmanager:kmskeyid": key(parameters.get("KmsKeyId")),
        "secretsmanager:name": key(parameters.get("Name")),
        "secretsmanager:recoverywindowindays": key(parameters.get("RecoveryWindowInDays")),
        "secretsmanager:secretid": key(parameters.get("SecretId")),
        "secretsmanager:versionid": key(parameters.get("VersionId")),
        "secretsmanager:versionstage": key(parameters.get("VersionStage")),
    }
