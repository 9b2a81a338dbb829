"""AWS::LanguageExtensions: loops and more functions, worked out before any other transform.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"


def expand_language_extensions(
    document: Document, parameter_values: Mapping[str, Any], diagnostics: Diagnostics
) -> Document:
    """Return the template with Fn::ForEach unrolled; the document itself if it does not name the transform.

    ``parameter_values`` has the values of parameters and pseudo parameters. Fn::Length, Fn::ToJsonString and the
    DefaultValue of Fn::FindInMap stay: they are worked out with the other functions.
    """
    return document
