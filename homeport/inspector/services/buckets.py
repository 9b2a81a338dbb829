"""Buckets of S3 and their objects."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for

from homeport.aws.call_errors import calls_in_words
from homeport.errors import HomeportError
from homeport.inspector.services.connection import client
from homeport.inspector.services.page import (
    Action,
    ActionForm,
    Cell,
    Done,
    FormField,
    ResourceList,
    Row,
    ServicePage,
    TextBlock,
    clip,
    text_of,
)
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_PAGE = 100
_PREVIEW = 64 * 1024
_EMPTY = "No buckets. Write one into deploy/resources.yaml: Files: {Type: AWS::S3::Bucket}"


def overview(site: SiteContext) -> ResourceList:
    """Return the buckets."""
    found = client(site, "s3").list_buckets().get("Buckets", [])
    rows = [
        Row((Cell(each["Name"], url_for(".show_bucket", name=each["Name"])), _when(each.get("CreationDate"))))
        for each in found
    ]
    return ResourceList("Buckets", ("Bucket", "Made"), tuple(rows), _EMPTY)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the pages of buckets."""
    views = PageRegistry(pages)

    @views.page("/buckets/<name>")
    def show_bucket(name: str) -> ServicePage:
        prefix, start = request.args.get("prefix", ""), request.args.get("start", "")
        asked = {"Prefix": prefix, **({"ContinuationToken": start} if start else {})}
        found = client(site, "s3").list_objects_v2(Bucket=name, MaxKeys=_PAGE, **asked)
        rows = tuple(_object_row(name, each) for each in found.get("Contents", []))
        following = found.get("NextContinuationToken", "")
        more = url_for(".show_bucket", name=name, prefix=prefix, start=following) if following else ""
        empty = f"No objects{f' below {prefix}' if prefix else ''}. Upload one here, or have a function put one."
        return ServicePage(
            title=name,
            parents=_parents(),
            forms=(_upload_form(name),),
            listings=(ResourceList("Objects", ("Key", "Bytes", "Changed"), rows, empty, more=more),),
        )

    @views.page("/buckets/<name>/object")
    def show_object(name: str) -> ServicePage:
        key = text_of(request.args, "key", "the key")
        found = client(site, "s3").head_object(Bucket=name, Key=key)
        return ServicePage(
            title=key,
            parents=(*_parents(), (name, url_for(".show_bucket", name=name))),
            facts=_facts(found),
            links=(("Download", url_for(".download_object", name=name, key=key)),),
            actions=(Action("Delete", url_for(".delete_object", name=name), {"key": key}, asks=True),),
            texts=_preview(site, name, key, found),
        )

    @pages.get("/buckets/<name>/download")
    def download_object(name: str) -> Response:
        key = text_of(request.args, "key", "the key")
        with calls_in_words():
            body = client(site, "s3").get_object(Bucket=name, Key=key)["Body"].read()
        # Never shown by the browser: an object may be a page with scripts.
        named = quote(key.rpartition("/")[2] or "object")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{named}"}
        return Response(body, mimetype="application/octet-stream", headers=headers)

    @views.action("/buckets/<name>/upload")
    def upload_object(name: str, sent: Mapping[str, Any]) -> Done:
        body, given = _body_of(sent)
        key = str(sent.get("key") or given)
        if not key:
            raise HomeportError("the key is missing", "write it, or choose a file")
        kind = {"ContentType": sent["type"]} if sent.get("type") else {}
        client(site, "s3").put_object(Bucket=name, Key=key, Body=body, **kind)
        return Done(f"Uploaded {key}.")

    @views.action("/buckets/<name>/delete")
    def delete_object(name: str, sent: Mapping[str, Any]) -> Done:
        key = text_of(sent, "key", "the key")
        client(site, "s3").delete_object(Bucket=name, Key=key)
        return Done(f"Deleted {key}.", to=url_for(".show_bucket", name=name))


def _parents() -> tuple[tuple[str, str], ...]:
    return (("Services", url_for(".show_all")),)


def _object_row(bucket: str, each: Mapping[str, Any]) -> Row:
    key = each["Key"]
    cells = (
        Cell(key, url_for(".show_object", name=bucket, key=key)),
        Cell(str(each["Size"]), kind="number"),
        _when(each.get("LastModified")),
    )
    return Row(cells, (Action("Delete", url_for(".delete_object", name=bucket), {"key": key}, asks=True),))


def _upload_form(bucket: str) -> ActionForm:
    fields = (
        FormField("file", "File", kind="file"),
        FormField("key", "Key (else the file's name)"),
        FormField("text", "TextBlock in place of a file", kind="area"),
        FormField("type", "Content type"),
    )
    return ActionForm("Upload an object", url_for(".upload_object", name=bucket), "Upload", fields)


def _body_of(sent: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return the bytes of a file or of a text, and the file's name."""
    if sent.get("file"):
        try:
            return base64.b64decode(str(sent["file"]), validate=True), str(sent.get("file_name", ""))
        except binascii.Error as error:
            raise HomeportError(f"the file did not arrive whole: {error}") from error
    return str(sent.get("text", "")).encode(), ""


def _facts(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    facts = [("Bytes", str(found.get("ContentLength", 0))), ("Content type", str(found.get("ContentType", "")))]
    facts += [("Changed", _when(found.get("LastModified")).text), ("ETag", str(found.get("ETag", "")))]
    facts += [(f"x-amz-meta-{name}", str(value)) for name, value in found.get("Metadata", {}).items()]
    return tuple(facts)


def _preview(site: SiteContext, bucket: str, key: str, found: Mapping[str, Any]) -> tuple[TextBlock, ...]:
    """Return the beginning of an object that is a text, else nothing."""
    size = found.get("ContentLength", 0)
    if not size:
        return ()
    body = client(site, "s3").get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_PREVIEW - 1}")["Body"].read(_PREVIEW)
    try:
        text = body.decode("utf-8", "strict" if len(body) == size else "ignore")
    except UnicodeDecodeError:
        return ()
    if "\0" in text:
        return ()
    return (TextBlock("Content" if len(body) == size else f"The first {len(body)} bytes", clip(text)),)


def _when(value: Any) -> Cell:
    return Cell(f"{value:%Y-%m-%d %H:%M:%S}" if value is not None else "", kind="when")
