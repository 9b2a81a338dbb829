"""The places of a project's source files."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.source_places import relative_place

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("root", "path", "place"),
    [
        ("/home/api", "/home/api/service/a.py", "service/a.py"),
        ("/home/api", "/home/api/service/../deploy/./x.yaml", "deploy/x.yaml"),
        ("/home/api", "/home/api", "."),
        ("/home/api", "/home/api2/a.py", "/home/api2/a.py"),
        ("/home/api", "/home/api/../shared/a.py", "/home/shared/a.py"),
        ("/home/api", "service/a.py", "service/a.py"),
        ("/", "/service/a.py", "service/a.py"),
        (".", "./service/a.py", "service/a.py"),
        ("api", "api/service/a.py", "service/a.py"),
    ],
)
def test_a_place_is_relative_where_it_is_in_the_project(root: str, path: str, place: str) -> None:
    assert relative_place(Path(root), Path(path)) == Path(place)
