"""``iam`` of deploy/stages.yaml: the callers who may sign requests to routes with AWS_IAM.

A caller is a user, or with ``role`` a session of a role, which has temporary credentials.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
"""

from __future__ import annotations

import re

from homeport.project.features import check_keys
from homeport.project.model import IamCaller
from homeport.project.source.cursor import Cursor

_CALLER = (
    *("accessKeyId", "secretAccessKey", "sessionToken", "role"),
    *("allow", "deny", "invalidate", "account"),
)
_USER_NAME = r"[A-Za-z0-9_+=,.@-]{1,64}"
_METHOD_ARN = r"\*\Z|execute-api:|arn:[^:]*:execute-api:|arn:\*"


def read_iam(cursor: Cursor, key: str) -> dict[str, IamCaller]:
    """Read the callers by name."""
    inner = cursor.map(key)
    check_keys(inner, ("callers",), "'iam'")
    callers: dict[str, IamCaller] = {}
    for name, entry in inner.map("callers").items():
        if entry.is_map("a caller, a map") and (caller := _caller(name, entry)) is not None:
            taken = next((each.name for each in callers.values() if each.access_key_id == caller.access_key_id), None)
            if taken is not None:
                entry.at("accessKeyId").error(f"the access key of {name!r} is that of {taken!r}", "give each its own")
            callers[name] = caller
    return callers


def _caller(name: str, cursor: Cursor) -> IamCaller | None:
    check_keys(cursor, _CALLER, "a caller")
    if not re.fullmatch(_USER_NAME, name):
        cursor.error(f"{name!r} can't name a user of IAM", "use up to 64 letters, digits and _+=,.@-")
    role = cursor.text("role")
    if role and not re.fullmatch(_USER_NAME, role):
        cursor.at("role").error(f"{role!r} can't name a role of IAM", "use up to 64 letters, digits and _+=,.@-")
    needed = (*_CALLER[:2], *(("sessionToken",) if role else ()))
    for missing in [each for each in needed if not cursor.text(each)]:
        cursor.error(f"the caller {name!r} has no {missing!r}", "give it one: any text will do here")
        return None
    lists = {each: _resources(cursor, each) for each in ("allow", "deny", "invalidate") if cursor.has(each)}
    account = str(cursor.value.get("account", ""))
    if account and not re.fullmatch(r"[0-9]{12}", account):
        cursor.at("account").error(f"{account!r} is no account", 'write its twelve digits in quotes: "123456789012"')
    token = cursor.text("sessionToken")
    return IamCaller(
        name,
        cursor.text("accessKeyId"),
        cursor.text("secretAccessKey"),
        **lists,
        account=account,
        session_token=token,
        role=role,
    )


def _resources(cursor: Cursor, key: str) -> tuple[str, ...]:
    given = cursor.at(key)
    entries = list(given.entries()) if isinstance(given.value, list) else [given]
    texts = [entry for entry in entries if entry.is_a(str, "text, the ARN of a method")]
    for entry in texts:
        if not re.match(_METHOD_ARN, entry.value):
            hint = "write it as execute-api:/STAGE/METHOD/PATH, as arn:aws:execute-api:…, or *"
            entry.error(f"{entry.value!r} is no resource of execute-api", hint)
    return tuple(entry.value for entry in texts)
