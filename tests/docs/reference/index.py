"""The first page of the reference, and what editors make of the schemas."""

from __future__ import annotations

from homeport.project.editor_schemas import SCHEMAS
from tests.docs.reference.markdown import page, table

_LEAD = "Everything that can be written and said, from the tables by which the code itself reads it."
_PAGES = {
    "commands.md": "every command with its options",
    "stages.md": "the keys of `deploy/stages.yaml`",
    "x-homeport.md": "the keys of `x-homeport`",
    "extensions.md": "API Gateway's extensions in `openapi.yaml`",
    "resources.md": "what `deploy/resources.yaml` may hold",
    "json.md": "what commands print with `--json`",
    "environment.md": "environment variables",
    "fixtures.md": "fixtures and options of pytest",
    "files.md": "the files in `.homeport`",
    "exit-statuses.md": "exit statuses",
}
_EDITOR = """\
## In an editor

JSON Schemas of {names} come with the package. A new project's `.vscode/settings.json` names them
for the YAML extension of VS Code: it proposes keys, shows their descriptions and marks what the readers would refuse.
`homeport init`, `dev` and `generate` keep them in `.homeport/schemas`, so they are those of the version that is
installed, wherever that is. For a project that had other settings before:

```json
"yaml.schemas": {{
  ".homeport/schemas/openapi.json": "openapi.yaml",
  ".homeport/schemas/resources.json": "deploy/resources.yaml",
  ".homeport/schemas/stages.json": "deploy/stages.yaml"
}}
```

Other editors with the YAML language server take the first line of a file:

```yaml
# yaml-language-server: $schema=../.homeport/schemas/stages.json
```

`homeport schema stages` prints a schema, for editors that want a file of their own.
"""
_SHELL = """\
## In a shell

```
eval "$(homeport completion bash)"      # in ~/.bashrc
eval "$(homeport completion zsh)"       # in ~/.zshrc, after compinit
homeport completion fish | source       # in ~/.config/fish/config.fish
```

Then the tab key completes commands, options and their values, and the names of the project: stages, operations,
functions and snapshots.
"""


def index_page() -> str:
    """Return the page."""
    files = {"openapi": "`openapi.yaml`", "resources": "`deploy/resources.yaml`", "stages": "`deploy/stages.yaml`"}
    names = ", ".join(files[name] for name in SCHEMAS)
    rows = ((f"[{name}]({name})", about) for name, about in _PAGES.items())
    editor, shell = _EDITOR.format(names=names).splitlines(), _SHELL.splitlines()
    return page("Reference", _LEAD, table(("Page", "What it has"), rows), editor, [""], shell)
