"""Homeport: a local-first dev kit for serverless REST APIs on AWS."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Return ``__version__``, that of the installed package, looked up on first use. Raises AttributeError."""
    if name != "__version__":
        raise AttributeError(f"module 'homeport' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("homeport")
    except PackageNotFoundError:
        return "0+unknown"
