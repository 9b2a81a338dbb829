"""The files of a Chalice app."""

from __future__ import annotations

APP_FILE = "app.py"
CONFIG_FILE = ".chalice/config.json"
