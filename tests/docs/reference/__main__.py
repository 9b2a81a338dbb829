"""Write the pages and the schemas."""

from __future__ import annotations

from homeport.project.editor_schemas import schema_files, schema_text
from tests.docs.reference import FOLDER, PAGES

FOLDER.mkdir(exist_ok=True)
for page, text in PAGES.items():
    (FOLDER / f"{page}.md").write_text(text(), encoding="utf-8")
for name, file in schema_files().items():
    file.parent.mkdir(exist_ok=True)
    file.write_text(schema_text(name), encoding="utf-8")
