"""Rules for mapping templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.spec import document, operation, report


def mock(request: str, response: str) -> dict[str, Any]:
    """Return an operation with a mock that has these templates."""
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": request},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"text/plain": response}}},
    }
    return operation(**{"x-amazon-apigateway-integration": integration})


def test_template_that_can_not_be_read_is_named_with_the_place_in_it(tmp_path: Path) -> None:
    paths = {"/a": {"get": mock('{"statusCode": 200}', "one\n#if($x)"), "post": mock("#set($x = 5 -1)", "$x")}}
    paths["/a"]["post"]["operationId"] = "act2"
    assert report(tmp_path, document(paths), "rest", "act2") == [
        "warning: the mapping template for text/plain can't be read: line 2, column 1: #if has no #end; "
        "each call that needs it fails (mend it: homeport render shows what it makes of a request)",
        "warning: the mapping template for application/json can't be read: line 1, column 13: #set: ')' is missing; "
        "each call that needs it fails (mend it: homeport render shows what it makes of a request)",
    ]


def test_template_that_can_be_read_is_no_problem(tmp_path: Path) -> None:
    good = mock("{statusCode: 200}", "#foreach($x in $input.path('$'))$x#end")
    assert report(tmp_path, document({"/a": {"get": good}}), "rest") == []
