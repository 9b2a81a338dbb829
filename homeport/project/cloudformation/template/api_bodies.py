"""The bodies of APIs that are in local files: BodyS3Location with a path, and references from a body to other files.

``aws cloudformation package`` and ``sam package`` upload the first; API Gateway does not follow the second, so that an
owner has a tool that bundles them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeport.project.cloudformation.template.includes import local_file, location_text
from homeport.project.openapi.dialects.outer_references import inline_outer_references
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import adopt_lines, set_line
from homeport.project.source.template_text import read_template_text

_API_TYPES = frozenset(("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"))


def with_api_bodies(root: Path, document: Document, diagnostics: Diagnostics) -> Document:
    """Return the template in which each API has its whole document as ``Body``."""
    for resource in _apis(Cursor.root(document, diagnostics)):
        properties = resource.at("Properties")
        if properties.has("BodyS3Location"):
            properties = _read_body(root, properties)
        body = properties.at("Body")
        if isinstance(body.value, dict):
            inline_outer_references(root, body)
    return document


def _apis(template: Cursor) -> Iterator[Cursor]:
    for _, resource in template.at("Resources").items():
        properties = resource.at("Properties").value
        if str(resource.at("Type").value) in _API_TYPES and isinstance(properties, dict):
            yield resource


def _read_body(root: Path, properties: Cursor) -> Cursor:
    """Put the document of a local BodyS3Location into the properties as ``Body``, and return them."""
    location = properties.at("BodyS3Location")
    document, source = properties.document, location.source
    file, text = _local_body(root, location)
    if file is None:
        location.warning(f"the API's document {text} can't be read: it is served without routes", "name a local file")
        return properties
    found, problems = read_template_text(root, file)
    properties.diagnostics.add(*problems)
    if found is None or not isinstance(found.value, dict):
        return properties
    function = next(_functions(found.value), None)
    if function is not None:
        location.warning(
            f"{file} has {function}, which CloudFormation works out in a Body only",
            "include the file: DefinitionBody with Fn::Transform and AWS::Include",
        )
    adopt_lines(document.source_map, found.value, found)
    del properties.value["BodyS3Location"]
    properties.value["Body"] = found.value
    set_line(document.source_map, properties.value, "Body", source)
    return properties


def _local_body(root: Path, location: Cursor) -> tuple[str | None, str]:
    """Return the file of a BodyS3Location, None if there is none, and its name for a message."""
    file = location.document.file
    match location.value:
        case {"LocalPath": path}:
            text = location_text(path) or ""
        case {"Bucket": _, "Key": str(key)}:
            text = f"s3://bucket/{key}"
        case written:
            text = location_text(written) or "s3://${}"
    return local_file(root, file, text), text


def _functions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (key for key in value if key.startswith("Fn::"))
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _functions(child)
