"""A registry that adds the pages of services to the site: views that return values, and actions on what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.aws.call_errors import calls_in_words
from homeport.errors import HomeportError
from homeport.inspector.services.page import Done, ServicePage

PageView = Callable[..., ServicePage]
ActionView = Callable[..., Done]


class PageRegistry:
    """Adds pages and actions to a blueprint; errors of the services come to a person in words."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint

    def page(self, rule: str) -> Callable[[PageView], PageView]:
        """Return a decorator for a view that returns a page."""

        def add(view: PageView) -> PageView:
            def show(**arguments: Any) -> str:
                with calls_in_words():
                    found = view(**arguments)
                return render_template("service.html", page=found)

            self._blueprint.add_url_rule(rule, view.__name__, show)
            return view

        return add

    def action(self, rule: str) -> Callable[[ActionView], ActionView]:
        """Return a decorator for a function that does something with the object that a page has sent."""

        def add(view: ActionView) -> ActionView:
            def carry_out(**arguments: Any) -> Any:
                with calls_in_words():
                    done = view(**arguments, sent=_sent_form())
                html = render_template("listing.html", listing=done.listing) if done.listing is not None else ""
                return jsonify(said=done.said, shown=done.shown, html=html, to=done.to)

            self._blueprint.add_url_rule(rule, view.__name__, carry_out, methods=["POST"])
            return view

        return add


def _sent_form() -> Mapping[str, Any]:
    sent = request.get_json()
    if not isinstance(sent, dict):
        raise HomeportError("this is no form of these pages")
    return sent
