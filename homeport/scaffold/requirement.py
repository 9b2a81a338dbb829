"""What a new project's requirements.txt says of the kit: the version that made it, from where it came."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distribution

EXTRAS = "homeport[local,test,deploy]"


def requirement(installed: Distribution | None = None) -> str:
    """A line for pip: ``homeport[…]==1.2.0``, or the folder or file that this homeport was installed from.

    A version that came from no index can't be had from one; pip notes such an origin in direct_url.json.
    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    installed = installed or distribution("homeport")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if "url" not in origin:
        return f"{EXTRAS}=={installed.version}"
    url: str = origin["url"]
    commit = origin.get("vcs_info", {}).get("commit_id")
    return f"{EXTRAS} @ {origin['vcs_info']['vcs']}+{url}@{commit}" if commit else f"{EXTRAS} @ {url}"
