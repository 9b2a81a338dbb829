"""A process that runs AWS's own SAM translator: ``sam.py`` starts it.

The translator's import takes a second or more, and it loads boto3, which ``homeport.project`` does without. It reads a
request from stdin as JSON and writes a reply to stdout. Nothing in it asks AWS.
https://github.com/aws/serverless-application-model
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypedDict

LOCAL_BUCKET = "homeport-local-path"
"""The bucket that stands for the owner's own folder while the template is translated."""

MARK = "\0"
"""The key that tells which map of the template a map of the result is: its number in ``numbered_maps``.

A map that is unchanged, to the last value in it, has this key only, and its number in a list.
"""

_LOCAL_URIS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_LOCATIONS = ("Code", "Content", "BodyS3Location", "DefinitionS3Location")


class TranslationRequest(TypedDict):
    """A template, the values of its parameters, and the region."""

    template: dict[str, Any]
    parameters: dict[str, Any]
    region: str


class TranslationFault(TypedDict):
    """A reason for which SAM refuses a template. ``logical_id`` and ``event`` may be empty."""

    logical_id: str
    event: str
    message: str


class TranslationReply(TypedDict):
    """A translated template, in which maps of the owner's carry a ``MARK``, or the faults.

    ``owners`` tells for each resource that SAM made from which one it comes.
    """

    template: dict[str, Any] | None
    owners: dict[str, str]
    faults: list[TranslationFault]


def numbered_maps(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the maps in a value, always in the same order; the number of a map is its place in it."""
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from numbered_maps(child)


class MarkedMap(dict[str, Any]):
    """A map of the owner's template. Its number survives the copies that the translator makes."""

    number = -1


def translate_request(request: TranslationRequest) -> TranslationReply:
    """Translate a template as the service does."""
    from samtranslator.model.exceptions import InvalidDocumentException

    template = _mark(request["template"])
    template.pop("Transform", None)
    for resource in _resources(template):
        _replace_local_uris(resource, template)
    try:
        translated, owners = _run(template, dict(request["parameters"]), request["region"])
    except InvalidDocumentException as error:
        return {"template": None, "owners": {}, "faults": [_fault(cause) for cause in error.causes]}
    except Exception as error:
        # A template that is damaged in a way that the translator does not look for.
        message = f"the translator fails with {type(error).__name__}: {error}"
        return {"template": None, "owners": {}, "faults": [{"logical_id": "", "event": "", "message": message}]}
    for resource in _resources(translated):
        _restore_local_paths(resource.get("Properties"))
    written = list(numbered_maps(request["template"]))
    return {"template": _with_marks(translated, written), "owners": owners, "faults": []}


def _run(template: dict[str, Any], parameters: dict[str, Any], region: str) -> tuple[dict[str, Any], dict[str, str]]:
    from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
    from samtranslator.parser.parser import Parser
    from samtranslator.plugins.application.serverless_app_plugin import ServerlessAppPlugin
    from samtranslator.translator.arn_generator import ArnGenerator

    # The region is all that the translator asks of its session; boto3's own would read the user's profile.
    session = SimpleNamespace(region_name=region)
    managed = get_bundled_managed_policy_map(ArnGenerator.get_partition_name(region)) or {}
    parser = Parser()
    plugins = [ServerlessAppPlugin(sar_client=_NoRepository(), parameters=parameters)]
    translator = _translator_class()(managed, parser, plugins=plugins, boto_session=session)
    try:
        return translator.translate(template, parameters, passthrough_metadata=True), dict(translator.owners)
    finally:
        # The metrics go nowhere; unpublished ones would log a warning.
        translator.metrics.publish()


class _NoRepository:
    """A client of the Serverless Application Repository that asks nobody."""

    def create_cloud_formation_template(self, ApplicationId: str, SemanticVersion: str) -> dict[str, str]:
        """Return the place of an application's template, where nothing is."""
        url = f"https://serverlessrepo.invalid/{ApplicationId}/{SemanticVersion}"
        return {"TemplateUrl": url, "TemplateId": ApplicationId, "Status": "ACTIVE"}


def _translator_class() -> Any:
    from samtranslator.translator.translator import Translator

    class OwnersTranslator(Translator):  # type: ignore[misc]
        """A translator that notes which resource each resource of the result was made of."""

        # Stays empty in a version whose translator goes another way.
        owners: Mapping[str, str] = MappingProxyType({})

        def _get_resources_to_iterate(self, sam_template: dict[str, Any], macro_resolver: Any) -> Any:
            owners: dict[str, str] = {}
            self.owners = owners
            resolve = macro_resolver.resolve_resource_type
            macro_resolver.resolve_resource_type = lambda resource: _NotingClass(resolve(resource), owners)
            return super()._get_resources_to_iterate(sam_template, macro_resolver)

    return OwnersTranslator


class _NotingClass:
    """A class of the translator's whose resources note what they become."""

    def __init__(self, wrapped: Any, owners: dict[str, str]) -> None:
        self._wrapped = wrapped
        self._owners = owners

    def from_dict(self, logical_id: str, *arguments: Any, **options: Any) -> Any:
        macro = self._wrapped.from_dict(logical_id, *arguments, **options)
        make: Callable[..., Any] = macro.to_cloudformation

        def to_cloudformation(**context: Any) -> Any:
            made = make(**context)
            for resource in made:
                self._owners.setdefault(resource.logical_id, logical_id)
            return made

        # Such a class refuses attributes that are no properties of the resource.
        vars(macro)["to_cloudformation"] = to_cloudformation
        return macro


def _mark(template: dict[str, Any]) -> dict[str, Any]:
    numbers = {id(value): number for number, value in enumerate(numbered_maps(template))}

    def copy(value: Any) -> Any:
        if isinstance(value, dict):
            marked = MarkedMap((key, copy(child)) for key, child in value.items())
            marked.number = numbers[id(value)]
            return marked
        return [copy(child) for child in value] if isinstance(value, list) else value

    copied: dict[str, Any] = copy(template)
    return copied


def _with_marks(value: Any, written: list[dict[str, Any]]) -> Any:
    if isinstance(value, MarkedMap) and value == written[value.number]:
        return {MARK: [value.number]}
    if isinstance(value, dict):
        plain = {str(key): _with_marks(child, written) for key, child in value.items()}
        return {MARK: value.number, **plain} if isinstance(value, MarkedMap) else plain
    return [_with_marks(child, written) for child in value] if isinstance(value, list | tuple) else value


def _resources(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    resources = template.get("Resources")
    return [each for each in resources.values() if isinstance(each, dict)] if isinstance(resources, dict) else []


def _replace_local_uris(resource: dict[str, Any], template: Mapping[str, Any]) -> None:
    """Replace local paths, which ``sam package`` would upload, by places in a bucket: SAM takes nothing else."""
    kind = str(resource.get("Type"))
    properties = resource.setdefault("Properties", {}) if kind in _LOCAL_URIS else None
    if not isinstance(properties, dict):
        return
    name = _LOCAL_URIS[kind]
    own = _globals(template, kind)
    if kind == "AWS::Serverless::Function":
        _complete_code(properties, own)
    for holder in (properties, own):
        if holder.get(name) is not None and not _is_in_s3(holder[name]):
            holder[name] = {"Bucket": LOCAL_BUCKET, "Key": holder[name]}


def _complete_code(properties: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Name the code of a function that leaves it to ``sam build``: the template's folder, or an image of its own."""
    if properties.get("PackageType") == "Image":
        properties.setdefault("ImageUri", {"Fn::Sub": ""})
        properties.pop("CodeUri", None)
    elif not any(key in holder for key in ("CodeUri", "InlineCode") for holder in (properties, own)):
        properties["CodeUri"] = {"Bucket": LOCAL_BUCKET, "Key": "."}


def _globals(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    section = template.get("Globals")
    own = section.get(kind.rpartition("::")[2]) if isinstance(section, dict) else None
    return own if isinstance(own, dict) else {}


def _is_in_s3(value: Any) -> bool:
    if isinstance(value, dict):
        return "Bucket" in value and "Key" in value
    return isinstance(value, str) and value.startswith("s3://")


def _restore_local_paths(properties: Any) -> None:
    for name in _LOCATIONS if isinstance(properties, dict) else ():
        match properties.get(name):
            case {"S3Bucket": bucket, "S3Key": path} | {"Bucket": bucket, "Key": path} if bucket == LOCAL_BUCKET:
                properties[name] = {"LocalPath": path}
            case {"ImageUri": {"Fn::Sub": ""}}:
                properties[name] = {"ImageUri": ""}


def _fault(cause: Any) -> TranslationFault:
    logical_id = getattr(cause, "_logical_id", "")
    event = getattr(cause, "_event_id", "") or ""
    message = getattr(cause, "_message", "") or cause.message
    if isinstance(logical_id, list):
        logical_id = logical_id[0] if logical_id else ""
    message = str(message).replace(MarkedMap.__name__, "map")
    return {"logical_id": str(logical_id), "event": str(event), "message": message}


def main() -> None:
    """Read a request, write the reply."""
    import logging

    # The translator logs what it drops; AWS's tools would hide that as well.
    logging.disable(logging.CRITICAL)
    reply = sys.stdout
    sys.stdout = sys.stderr
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    request: TranslationRequest = json.load(sys.stdin)
    json.dump(translate_request(request), reply)


if __name__ == "__main__":
    main()
