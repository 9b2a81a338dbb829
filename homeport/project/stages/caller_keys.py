"""The keys of ``iam.callers`` in deploy/stages.yaml."""

from __future__ import annotations

from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import ListValue, NameRule, TextValue

_USER_NAME = r"[A-Za-z0-9_+=,.@-]{1,64}"
_IAM_HINT = "use up to 64 letters, digits and _+=,.@-"
_METHOD_ARN = r"\*|execute-api:.*|arn:[^:]*:execute-api:.*|arn:\*.*"
_METHODS = ListValue(
    TextValue(
        _METHOD_ARN,
        "{value!r} is no resource of execute-api",
        "write it as execute-api:/STAGE/METHOD/PATH, as arn:aws:execute-api:…, or *",
        "`execute-api:/STAGE/METHOD/PATH`, an ARN or `*`",
    ),
    or_one=True,
)
_ANY_TEXT = "give it one: any text will do here"
CALLER = Section(
    "a caller",
    (
        SectionKey("accessKeyId", TextValue(), "The id of the access key that signs.", needed=_ANY_TEXT),
        SectionKey(
            "secretAccessKey",
            TextValue(),
            "The secret of the access key.",
            needed=_ANY_TEXT,
        ),
        SectionKey("sessionToken", TextValue(), "The token of temporary credentials. A caller with `role` needs one."),
        SectionKey(
            "role",
            TextValue(_USER_NAME, "{value!r} can't name a role of IAM", _IAM_HINT, "the name of a role"),
            "The role of which the caller is a session.",
            absent="the caller is a user",
        ),
        SectionKey("allow", _METHODS, "The methods that the caller may invoke."),
        SectionKey("deny", _METHODS, "The methods that the caller may not invoke, whatever `allow` says."),
        SectionKey("invalidate", _METHODS, "The methods whose cached responses the caller may have renewed."),
        SectionKey(
            "account",
            TextValue(
                r"[0-9]{12}",
                "{value!r} is no account",
                'write its twelve digits in quotes: "123456789012"',
                "12 digits",
                True,
            ),
            "The caller's account.",
            absent="the API's account",
        ),
    ),
    "a caller, a map",
    missing="the caller {name!r} has no {key!r}",
    of_aws=True,
)
CALLER_NAMES = NameRule(_USER_NAME, "{name!r} can't name a user of IAM", _IAM_HINT)
