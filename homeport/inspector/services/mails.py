"""Mails that were sent with SES. On this machine nobody gets them: they are kept, to be read here.

https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
"""

from __future__ import annotations

from flask import Blueprint, url_for

from homeport.aws.developer_endpoints import SentMail, sent_mails
from homeport.errors import HomeportError
from homeport.inspector.services.connection import local_endpoint
from homeport.inspector.services.page import Cell, ResourceList, Row, ServicePage, TextBlock, clip
from homeport.inspector.services.pages import PageRegistry
from homeport.inspector.site_context import SiteContext

_EMPTY = "No mails were sent yet. A function sends one with SendEmail; its sender has to be a verified identity."
_NO_LOOK = "The SES at this endpoint does not show what it sent."
_SHOWN = 100


def overview(site: SiteContext) -> ResourceList:
    """Return the mails that were sent, the latest first."""
    found = sent_mails(local_endpoint(site))
    columns = ("Subject", "To", "From", "Sent")
    if found is None:
        return ResourceList("Mails", columns, (), _NO_LOOK)
    note = f"The latest {_SHOWN} of {len(found)}." if len(found) > _SHOWN else ""
    return ResourceList("Mails", columns, tuple(map(_row, found[:_SHOWN])), _EMPTY, note)


def register(pages: Blueprint, site: SiteContext) -> None:
    """Add the page of a mail."""
    views = PageRegistry(pages)

    @views.page("/mails/<id>")
    def show_mail(id: str) -> ServicePage:
        mail = next((each for each in sent_mails(local_endpoint(site)) or () if each.id == id), None)
        if mail is None:
            raise HomeportError("this mail is not kept any more", "go back to the services")
        texts = [TextBlock(title, clip(text)) for title, text in (("Text", mail.text), ("HTML", mail.html)) if text]
        return ServicePage(
            title=mail.subject or "(no subject)",
            parents=(("Services", url_for(".show_all")),),
            facts=(
                ("From", mail.source),
                ("To", ", ".join(mail.to)),
                ("Sent", mail.time),
                ("Template", mail.template),
                ("Message id", mail.id),
            ),
            texts=tuple(texts),
        )


def _row(mail: SentMail) -> Row:
    return Row(
        (
            Cell(mail.subject or "(no subject)", url_for(".show_mail", id=mail.id)),
            Cell(", ".join(mail.to), kind="target"),
            Cell(mail.source, kind="target"),
            Cell(mail.time[:19].replace("T", " "), kind="when"),
        )
    )
