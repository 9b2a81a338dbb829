"""Which extra of the package ``homeport`` brings a module that isn't installed."""

from __future__ import annotations

_EXTRAS = {
    "local": (
        "boto3",
        "botocore",
        "flask",
        "jsonschema_rs",
        "jwt",
        "localstack_client",
        "pip",
        "waitress",
        "watchfiles",
        "werkzeug",
    ),
    "test": ("hypothesis", "pytest", "requests", "schemathesis"),
}


def extra_of(error: ModuleNotFoundError) -> str | None:
    """``local`` for ``flask``; None for a module that is no extra's."""
    top = (error.name or "").partition(".")[0]
    return next((extra for extra, modules in _EXTRAS.items() if top in modules), None)
