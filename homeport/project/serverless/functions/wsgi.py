"""Applications of WSGI (Flask, Django) that serverless-wsgi serves as one function.

The plugin puts ``wsgi_handler.py`` into what is deployed, and the name of the application. Here the code of the
function stays as it is: the handler is in a layer.
https://github.com/logandk/serverless-wsgi
"""

from __future__ import annotations

from homeport.project.serverless.service import Content, ServerlessService, text_of
from homeport.project.source.cursor import Cursor

WSGI_HANDLERS = ("wsgi.handler", "wsgi_handler.handler")

_TEXT = """\
import importlib
import os
import sys

import serverless_wsgi

sys.path.insert(0, os.path.join(os.environ["LAMBDA_TASK_ROOT"], {folder!r}))
_app = getattr(importlib.import_module({module!r}), {name!r})


def handler(event, context):
    return serverless_wsgi.handle_request(_app, event, context)
"""


def wsgi_metadata(service: ServerlessService, settings: Cursor) -> Content:
    """Return what a function of serverless-wsgi needs beside its code: a module, and the package that it imports."""
    app = text_of(service.custom.at("wsgi").at("app"))
    if not app:
        settings.at("handler").error("serverless-wsgi has no application", "write custom: {wsgi: {app: FILE.NAME}}")
    handler = text_of(settings.at("handler")).partition(".")[0]
    module, _, name = app.rpartition(".")
    folder, _, module = module.rpartition("/")
    text = _TEXT.format(folder=folder, module=module.replace("/", "."), name=name)
    return {"PythonModules": {f"{handler}.py": text}, "PythonPackages": ["serverless-wsgi", "werkzeug"]}
