"""A Chalice app as a template, step by step: the stage, what the app registers, its own resources, one template."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from homeport.environment import state_dir
from homeport.errors import Problem
from homeport.package_cache import make_once
from homeport.project.chalice.app_process import read_in_process
from homeport.project.chalice.app_template import app_template
from homeport.project.chalice.file_names import APP_FILE, CONFIG_FILE
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import read_document
from homeport.project.source.template_text import read_template_text

_RESOURCE_FILES = tuple(
    f"{folder}resources.{ending}" for folder in (".chalice/", "") for ending in ("json", "yaml", "yml")
)
_DEFAULT_STAGE = "dev"
_VENDOR = "vendor"
_SEEN_CLIENTS = "boto3.resource"


def read_app(request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
    """Read an app; None if it can't be imported."""
    root = request.root
    config, problems = read_document(root, CONFIG_FILE)
    diagnostics.add(*problems)
    if config is None:
        return None
    stages = config.value.get("stages", {}) if isinstance(config.value, dict) else None
    if not isinstance(stages, dict) or not all(isinstance(each, dict) for each in stages.values()):
        message = "the configuration must be a map, and each of its stages too"
        diagnostics.add(
            Problem(message, CONFIG_FILE, 1, 'write {"version": "2.0", "app_name": "…", "stages": {"dev": {}}}')
        )
        return None
    stage = _stage(root, config.value, request.stage_key)
    result = read_in_process(root, stage, request.environ)
    if "error" in result:
        file, line = result["place"]
        message = f"the app could not be read: {result['error']}"
        of_config = "config" in message or "policy" in message
        place = file or (CONFIG_FILE if of_config else APP_FILE)
        diagnostics.add(Problem(message, place, int(line) or 1, _hint(str(result["error"]))))
        return None
    more, files = _own_resources(root, diagnostics)
    document = app_template(root, result, _runtime_layer(root, result), more)
    _report_policy(root, result, diagnostics)
    watched = {APP_FILE, CONFIG_FILE, "requirements.txt", *map(str, result["files"]), *files, *_policies(root)}
    return FormatTemplate(document, request.inputs, frozenset(watched), frozenset((".chalice",)))


def _stage(root: Path, config: dict[str, Any], stage_key: str) -> str:
    """Return the stage of the configuration that is read: that of ``--stage``, else ``dev``, else the first one.

    Many have a stage ``local`` for the commands of Chalice that deploy nothing: it has no policy.
    """
    names = list(config.get("stages", {}))
    wanted = [name for name in (stage_key, _DEFAULT_STAGE, *names) if name in names]
    found = next((name for name in wanted if _has_policy(root, config, name)), None)
    return found or (wanted[0] if wanted else _DEFAULT_STAGE)


def _has_policy(root: Path, config: dict[str, Any], stage: str) -> bool:
    settings = {**config, **config["stages"][stage]}
    file = settings.get("iam_policy_file") or f"policy-{stage}.json"
    needs_none = settings.get("autogen_policy", True) is True or settings.get("manage_iam_role") is False
    return needs_none or (root / ".chalice" / str(file)).is_file()


def _hint(error: str) -> str:
    if "No module named" in error:
        return "list the package in requirements.txt, or install it into .venv"
    if error.startswith("KeyError: '"):
        return "a variable has its value in environment_variables of .chalice/config.json"
    if "127.0.0.1:9" in error or "ndpoint" in error:
        return "AWS is not asked while an app is read: call it in the functions, not while app.py is imported"
    return "python app.py shows it, too"


def _own_resources(root: Path, diagnostics: Diagnostics) -> tuple[dict[str, Any], list[str]]:
    """Return the template that ``chalice package --merge-template`` is given, by its usual names, and its file."""
    for file in _RESOURCE_FILES:
        if (root / file).is_file():
            document, problems = read_template_text(root, file)
            diagnostics.add(*problems)
            value = document.value if document is not None else None
            if isinstance(value, dict) and isinstance(value.get("Resources"), dict):
                return value, [file]
    return {}, []


def _runtime_layer(root: Path, result: Mapping[str, Any]) -> Path:
    """Return the folder of a layer with what ``chalice package`` puts beside the app: Chalice itself, and vendor/."""
    sources = [Path(file) for file in result["runtime_files"]]
    vendor = root / _VENDOR
    content = [*(each.read_bytes() for each in sources), str(vendor.is_dir()).encode()]
    digest = sha256(b"\0".join(content)).hexdigest()[:12]

    def fill(folder: Path) -> None:
        place = folder / "python" / "chalice"
        place.mkdir(parents=True)
        for source in sources:
            shutil.copy(source, place)
        if vendor.is_dir():
            for each in vendor.iterdir():
                with suppress(FileExistsError):
                    (folder / "python" / each.name).symlink_to(each)

    return make_once(state_dir(root) / "code" / f"chalice-{digest}", fill)


def _policies(root: Path) -> list[str]:
    return [f".chalice/{file.name}" for file in sorted((root / ".chalice").glob("*.json"))]


def _report_policy(root: Path, result: Mapping[str, Any], diagnostics: Diagnostics) -> None:
    """Say what the policy that Chalice works out does not see."""
    if not result.get("autogen"):
        return
    for name in (APP_FILE, *result["files"]):
        with suppress(OSError):
            text = (root / name).read_text(encoding="utf-8", errors="replace")
            line = next((number for number, each in enumerate(text.splitlines(), 1) if _SEEN_CLIENTS in each), 0)
            if line:
                message = (
                    "the policy of the functions is the one that Chalice works out of the calls of boto3.client in "
                    f"app.py: calls of {_SEEN_CLIENTS} are not in it, and are denied as on AWS"
                )
                hint = 'write .chalice/policy-dev.json, and "autogen_policy": false in .chalice/config.json'
                diagnostics.add(Problem(message, name, line, hint, "warning"))
                return
