"""Checks of If-Modified-Since: 304 unless the resource was modified since.

https://www.rfc-editor.org/rfc/rfc9110#name-if-modified-since
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource


def _modified_since(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or "if-modified-since" not in resource.conditional.get(read.id, ()):
        return
    made = session.make(resource)
    answer = None if made is None else session.read(resource, made.path)
    if made is None or answer is None or not answer.header("Last-Modified"):
        session.note_untested("the resource that is read has no Last-Modified")
        return
    time = parsedate_to_datetime(answer.header("Last-Modified")).astimezone(UTC)
    for moment, status in ((time, 304), (time - timedelta(days=1), 200)):
        text = format_datetime(moment, usegmt=True)
        again = session.client.send(read, made.path, headers={"If-Modified-Since": text})
        if again.status != status:
            happened = (
                f"with If-Modified-Since {text} the answer was {again.status} in place of {status}; Last-Modified is "
                f"{answer.header('Last-Modified')}"
            )
            yield Breach(read, happened, (answer.exchange, again.exchange), f"If-Modified-Since {status}")


CHECKS = (
    Check(
        name="if-modified-since",
        kind="preconditions",
        promise="A read with If-Modified-Since is answered with 304 unless the resource was modified since",
        origin="RFC 9110, section 13.1.3",
        run=_modified_since,
    ),
)
