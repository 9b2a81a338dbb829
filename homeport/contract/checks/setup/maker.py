"""``Maker``: resources made, or found, for a session as one of its users."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.client import NO_BODY, Answer, Client, NotSent
from homeport.contract.checks.made_resource import Made, path_after
from homeport.contract.checks.setup.bodies import body_of, fit_body, with_own_texts
from homeport.contract.checks.setup.parents import Parents
from homeport.contract.checks.setup.recipes import DEEPEST, MakeRequest, Memory, Recipe, making_operation, recipes_after
from homeport.contract.checks.setup.references import References
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.project.model import Operation
from homeport.project.schema.sample_value import sample_value

if TYPE_CHECKING:
    from homeport.contract.checks.session import Session

_REFUSALS = frozenset((400, 404, 409, 412, 422, 424))
_MEMORY = "setup/recipes"
_OF_STATES = frozenset((403, 409, 422))
_MOST_TAKEN = 4
_MORE_DAYS = 3
_UNIQUE = re.compile(r"mail|user|login|handle|slug|code|number|sku|serial|phone|domain|name|title", re.IGNORECASE)


class Maker:
    """Makes resources for a session, as the user of ``client``. ``refusals`` are the answers of those not made."""

    def __init__(self, session: Session, client: Client) -> None:
        self.session, self.client = session, client
        self.memory: Memory = session.shared.setdefault(_MEMORY, Memory())
        self.parents = Parents(self)
        self.references = References(self)
        self.refusals: list[Answer] = []

    def make(self, resource: Resource, changes: Mapping[str, Any], depth: int = 0) -> Made | None:
        """Make a resource with ``changes`` to its body; None where it can't be made, and ``refusals`` say why."""
        self.refusals = []
        operation = making_operation(resource)
        if resource.name in self.memory.alone:
            self.parents.forget(resource)
        parents = self.parents.path(resource, depth) if operation is not None and depth <= DEEPEST else None
        if operation is None or parents is None:
            return None
        known = self.memory.recipes.get(resource.name)
        if unique := self.memory.unique.get(resource.name, set()) & changes.keys():
            changes = with_own_texts(self, operation, resource, dict(changes), sorted(unique))
        request = MakeRequest(resource, operation, parents, changes, depth)
        rejected = self._attempt(request, known or Recipe())
        if isinstance(rejected, Made):
            self.memory.recipes[resource.name] = known or Recipe()
            return rejected
        if rejected is not None and rejected.status == 409 and known is not None:
            made = self._after_conflict(request, known)
            if made is not None:
                return made
        if rejected is not None and rejected.status in _OF_STATES and known is None:
            made = self._below_ready_parent(request)
            if made is not None:
                return made
        return self._search(request, known, rejected)

    def repeat(self, resource: Resource, sent: Any) -> Made | None:
        """Make a resource with the body of another one, but for what each has of its own; None where it is refused.

        Its own are its id, the texts and days that no two have, and the ids of what is made for it.
        """
        operation = making_operation(resource)
        if resource.name in self.memory.alone:
            self.parents.forget(resource)
        parents = self.parents.path(resource, 0) if operation is not None else None
        if operation is None or parents is None:
            return None
        body = self.session.values.with_own_id(sent, resource)
        made = self._attempt(MakeRequest(resource, operation, parents), self.recipe_of(resource), body)
        return made if isinstance(made, Made) else None

    def _after_conflict(self, request: MakeRequest, known: Recipe) -> Made | None:
        """Make a resource where what others have is in the way: a value that is taken, or the place below a parent."""
        resource = request.resource
        made = self._with_free_value(request, known)
        if made is not None:
            return made
        for _ in range(_MORE_DAYS if known.when else 0):
            # The day is taken; another one may not be.
            result = self._attempt(request, known)
            if isinstance(result, Made):
                return result
        if self.parents.forget(resource):
            above = self.parents.path(resource, request.depth)
            result = None if above is None else self._attempt(replace(request, parents=above), known)
            if isinstance(result, Made):
                self.memory.alone.add(resource.name)
                return result
        return None

    def _with_free_value(self, request: MakeRequest, recipe: Recipe) -> Made | None:
        """Make a resource with another value for one of its texts, which is unique then: first for those asked for.

        Of the others, those are tried whose values often are: a name may be taken, a note is not.
        """
        resource, changes = request.resource, request.changes
        body = body_of(self, request, recipe)
        others = sorted(body.keys() - changes.keys() - {resource.id_property}) if isinstance(body, dict) else []
        often = [name for name in others if _UNIQUE.search(name)]
        for name in [*sorted(changes, key=_uniqueness)[:_MOST_TAKEN], *often[:_MOST_TAKEN]]:
            value = {**changes, name: changes[name] if name in changes else body[name]}
            own = with_own_texts(self, request.operation, resource, value, (name,))
            if own == value:
                continue
            result = self._attempt(replace(request, changes=own), recipe)
            if isinstance(result, Made):
                self.memory.unique.setdefault(resource.name, set()).add(name)
                self.memory.recipes[resource.name] = recipe
                return result
        return None

    def _below_ready_parent(self, request: MakeRequest) -> Made | None:
        """Make a resource below a parent that one step or two have made ready for it."""
        resource = request.resource
        if resource.name in self.memory.ready or not self.memory.may_search(resource.name):
            return None
        for way in self.parents.ways(resource):
            self.memory.ready[resource.name] = way
            parents = self.parents.path(resource, request.depth)
            result = None if parents is None else self._attempt(replace(request, parents=parents), Recipe())
            if isinstance(result, Made):
                self.memory.recipes[resource.name] = Recipe()
                return result
        self.memory.ready.pop(resource.name, None)
        return None

    def has_made(self, resource: Resource) -> bool:
        """Return whether one of this kind was made in the run."""
        return resource.name in self.memory.recipes

    def recipe_of(self, resource: Resource) -> Recipe:
        """Return the recipe by which resources of this kind are made."""
        return self.memory.recipes.get(resource.name, Recipe())

    def try_once(self, resource: Resource, changes: Mapping[str, Any]) -> Made | Answer | None:
        """Make a resource by the recipe that is known, without a search for another one where it is refused."""
        operation, parents = making_operation(resource), self.parents.path(resource, 0)
        if operation is None or parents is None:
            return None
        return self._attempt(MakeRequest(resource, operation, parents, changes), self.recipe_of(resource))

    def _search(self, request: MakeRequest, known: Recipe | None, rejected: Answer | None) -> Made | None:
        resource, changes = request.resource, request.changes
        if rejected is not None and rejected.status in (401, 403):
            self.memory.note_search(resource.name, is_last=True)
        if rejected is None or rejected.status not in _REFUSALS or not self.memory.may_search(resource.name):
            return None
        if changes and known is not None and rejected.status != 409:
            return None  # the changes are what the API refuses
        made = self._with_free_value(request, Recipe()) if known is None and rejected.status == 409 else None
        for recipe in recipes_after(self, request, rejected.status, known) if made is None else ():
            made = None if recipe == known else self._by_recipe(request, recipe, rejected.status)
            if made is not None:
                break
        if made is None and not changes:
            self.memory.note_search(resource.name)
        return made

    def _by_recipe(self, request: MakeRequest, recipe: Recipe, before: int) -> Made | None:
        """Make a resource by a recipe, and remember it where it helps; ``before`` is the status without it."""
        result = self._attempt(request, recipe)
        if isinstance(result, Made):
            self.memory.recipes[request.resource.name] = recipe
            return result
        if result is not None and result.status == 409 != before and not recipe.distinct:
            # This body is right, but for a value that another one has.
            return self._with_free_value(request, recipe)
        return None

    def first_body(self, resource: Resource) -> Any:
        """Return the body that a create of a resource is tried with first, None: it has none."""
        operation = making_operation(resource)
        return None if operation is None else self.session.values.body(operation, resource)

    def fit(self, operation: Operation, resource: Resource, body: Any, keep: Collection[str] = ()) -> Any:
        """Return a body of a write as the API takes it, as far as creates have shown; ``keep`` stays as it is."""
        recipe = self.recipe_of(resource)
        return fit_body(self, operation, resource, recipe, body, keep)

    def with_own_texts(self, operation: Operation, resource: Resource, body: Any) -> Any:
        """Return a body of a write whose texts no other resource has, as far as creates were refused for them."""
        names = None if self.recipe_of(resource).distinct else sorted(self.memory.unique.get(resource.name, ()))
        return body if names == [] else with_own_texts(self, operation, resource, body, names)

    def with_known_references(self, resource: Resource, body: Any) -> Any:
        """Return a body with other ids of resources that are there, if none could be made without."""
        recipe = self.memory.recipes.get(resource.name)
        if recipe is None or not recipe.references:
            return body
        return self.references.put_in(body, resource, recipe, operation=making_operation(resource))

    def with_references(self, operation: Operation, body: Any) -> Any:
        """Return a body of an operation of no resource, with ids of resources that are made for it.

        Of what these have, the least is asked for: a new account holds little.
        """
        found = self.references.put_in(body, Resource(""), Recipe(references=True), operation=operation)
        values = self.session.values
        properties = shape_of(values.body_schema(operation), self.session.model.document).properties
        for name, schema in properties.items() if found != body and isinstance(found, dict) else ():
            least = sample_value(schema, self.session.model.document, direction="request")
            if isinstance(least, int | float | Decimal) and name in found and values.is_valid(least, schema):
                found = {**found, name: least}
        return found

    def _attempt(self, request: MakeRequest, recipe: Recipe, base: Any = None) -> Made | Answer | None:
        """Return the resource, or the answer that refuses it; None where something that it needs can't be made.

        ``base`` is the body that the recipe fits, None: one of the document's.
        """
        resource, operation, depth = request.resource, request.operation, request.depth
        before: list[Answer] = []
        if recipe.enabler and not self._enable(recipe, before, depth):
            return None
        path = dict(request.parents)
        if operation is resource.replace and not resource.single:
            own = self._own_id(resource, recipe, depth)
            if own is None:
                return None
            path[resource.id_parameter] = own
        body = body_of(self, request, recipe, base)
        self._invent(resource, path, body)
        try:
            answer = self.client.send(
                operation,
                path,
                query=self.session.query(operation),
                headers=self.session.headers(operation),
                body=NO_BODY if body is None else body,
            )
        except NotSent:
            if depth == 0 and recipe == Recipe():
                raise
            return None
        full = path_after(resource, operation, path, body, answer) if answer.ok else None
        if full is None:
            self.refusals.append(answer)
            return answer
        own_id = None if resource.item else answer.properties.get(resource.id_property)
        return Made(full, body, answer, tuple(before), own_id)

    def _invent(self, resource: Resource, path: Mapping[str, Any], body: Any) -> None:
        """Tell the guard of others' data of the ids that the run makes up: they are nobody else's."""
        if self.client.guard is not None:
            own = [path.get(resource.id_parameter)] if not resource.keyed_by else []
            own += [body.get(resource.id_property)] if isinstance(body, dict) else []
            for one in own:
                if one is not None:
                    self.client.guard.invent(str(one))

    def _enable(self, recipe: Recipe, before: list[Answer], depth: int) -> bool:
        enabler = self.session.model.find(recipe.enabler)
        operation = None if enabler is None else making_operation(enabler)
        if enabler is None or operation is None or depth >= DEEPEST:
            return False
        parents = self.parents.path(enabler, depth + 1)
        if parents is None:
            return False
        if recipe.cleared and enabler.delete is not None:
            for path, _ in self.references.list_paths(enabler):
                self.client.send(enabler.delete, path, headers=self.session.headers(enabler.delete))
        references = bool(enabler.keyed_by) or self.references.refers(self.first_body(enabler), enabler)
        inner = Recipe(references=references, listed=recipe.listed)
        result = self._attempt(MakeRequest(enabler, operation, parents, depth=depth + 1), inner)
        if isinstance(result, Made):
            before += [*result.before, result.answer]
        return isinstance(result, Made)

    def _own_id(self, resource: Resource, recipe: Recipe, depth: int) -> Any:
        if resource.keyed_by:
            return self.references.one_of(resource.keyed_by, listed=recipe.listed, depth=depth)
        return self.session.values.new_id(resource)

    def existing(self, resource: Resource) -> Made | None:
        """Return a resource that a list shows, None where there is none."""
        for path, answer in self.references.list_paths(resource):
            if resource.read is None:
                return Made(path, None, answer)
            read = self.client.send(resource.read, path, headers=self.session.headers(resource.read))
            if read.ok:
                return Made(path, None, read)
        return None


def _uniqueness(name: str) -> tuple[bool, str]:
    """Return the place of a property among those that may be taken: first what is often unique."""
    return _UNIQUE.search(name) is None, name
