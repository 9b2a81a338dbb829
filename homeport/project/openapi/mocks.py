"""Mock integrations of REST APIs whose reply does not depend on the request, such as those that answer CORS preflight.

API Gateway takes a status out of the request template, and the integration response that fits it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.project.integrations import FailingIntegration, MockResponse
from homeport.project.source.cursor import Cursor

_JSON = "application/json"
_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?([1-5][0-9][0-9])\b""")
_HEADER = "method.response.header."
# Velocity, https://velocity.apache.org/engine/1.7/vtl-reference.html: directives, comments and references.
_DYNAMIC = re.compile(r"#(?:[#*]|@?\{?[a-z])|\$!?\{?[a-zA-Z]")
_VTL = "mapping templates (VTL) are not emulated"


def read_mock(integration: Cursor, *, all_binary: bool) -> MockResponse | FailingIntegration:
    """Return the reply of a mock integration, or the reason why every call fails, here or on AWS.

    ``all_binary`` says that the API takes every body as binary (``*/*``).
    """
    if all_binary and integration.text("contentHandling").upper() != "CONVERT_TO_TEXT":
        # https://github.com/aws/chalice/issues/1310
        reason = "with */* as a binary media type a mock without contentHandling CONVERT_TO_TEXT fails, on AWS too"
        return FailingIntegration(reason)
    template = _template(integration.map("requestTemplates"))
    if template is None:
        return FailingIntegration("a mock without a request template has no status")
    if _DYNAMIC.search(template[1].value):
        return FailingIntegration(_VTL)
    status = _STATUS.search(template[1].value)
    if status is None:
        return FailingIntegration("the request template of a mock has no statusCode")
    response = _chosen_response(integration.map("responses"), status[1])
    if response is None:
        return FailingIntegration(f"a mock has no integration response for its status {status[1]}")
    return _reply(response, int(status[1]))


def _template(templates: Cursor) -> tuple[str, Cursor] | None:
    """Return the media type and the text of a template: the one for JSON, which is that of a request without a body."""
    texts = [(media_type, text) for media_type, text in templates.items() if isinstance(text.value, str)]
    return next((each for each in texts if each[0].lower() == _JSON), texts[0] if texts else None)


def _chosen_response(responses: Cursor, status: str) -> Cursor | None:
    """Return the integration response whose pattern fits a status, or the default one."""
    found = [each for pattern, each in responses.items() if pattern != "default" and _fits(pattern, status)]
    chosen = found[0] if found else responses.at("default")
    return chosen if isinstance(chosen.value, dict) else None


def _fits(pattern: str, status: str) -> bool:
    try:
        return re.fullmatch(pattern, status) is not None
    except re.error:
        return False


def _reply(response: Cursor, status: int) -> MockResponse | FailingIntegration:
    written = str(response.value.get("statusCode", status))
    headers = tuple(_headers(response.map("responseParameters")))
    template = _template(response.map("responseTemplates"))
    if template is None:
        return MockResponse(int(written) if written.isdecimal() else status, headers)
    media_type, text = template
    if _DYNAMIC.search(text.value):
        return FailingIntegration(_VTL)
    if media_type.lower() != _JSON:
        headers = (("Content-Type", media_type), *headers)
    return MockResponse(int(written) if written.isdecimal() else status, headers, text.value)


def _headers(parameters: Cursor) -> Iterator[tuple[str, str]]:
    for key, expression in parameters.items():
        if not key.startswith(_HEADER):
            continue
        text = str(expression.value)
        if len(text) >= 2 and text[0] == text[-1] == "'":
            yield key.removeprefix(_HEADER), text[1:-1]
        elif text.startswith("integration.response."):
            continue  # A mock has no response that could have it.
        elif text.startswith(("context.", "stageVariables.")):
            expression.warning(f"the header {key.removeprefix(_HEADER)} of a mock is left out: {text} is not emulated")
        else:
            expression.warning(f"{text!r} is no mapping expression, and API Gateway refuses it", f"write \"'{text}'\"")
            yield key.removeprefix(_HEADER), text
