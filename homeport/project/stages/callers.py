"""``iam`` of deploy/stages.yaml: the callers who may sign requests to routes with AWS_IAM.

A caller is a user, or with ``role`` a session of a role, which has temporary credentials.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.model import IamCaller
from homeport.project.source.cursor import Cursor
from homeport.project.stages.caller_keys import CALLER


def callers(cursor: Cursor, given: Mapping[str, Mapping[str, Any]], *, partial: bool) -> dict[str, IamCaller]:
    """Return the callers by name; report the access keys of two, and a session of a role without a token."""
    found: dict[str, IamCaller] = {}
    for name, caller in given.items():
        entry = cursor.at(name)
        if not partial and caller.get("role") and not caller.get("sessionToken"):
            entry.error(CALLER.missing.format(name=name, key="sessionToken"), "give it one: any text will do here")
        elif caller.get("accessKeyId") and caller.get("secretAccessKey"):
            taken = next((each.name for each in found.values() if each.access_key_id == caller["accessKeyId"]), None)
            if taken is not None:
                entry.at("accessKeyId").error(f"the access key of {name!r} is that of {taken!r}", "give each its own")
            found[name] = _caller(name, caller)
    return found


def _caller(name: str, given: Mapping[str, Any]) -> IamCaller:
    return IamCaller(
        name,
        given["accessKeyId"],
        given["secretAccessKey"],
        allow=given.get("allow", ()),
        deny=given.get("deny", ()),
        account=given.get("account", ""),
        invalidate=given.get("invalidate", ()),
        session_token=given.get("sessionToken", ""),
        role=given.get("role", ""),
    )
