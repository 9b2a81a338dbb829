"""The values of the model: an API's resources, their properties, and the lists that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from homeport.project.model import Operation, Schema


class NoDefault(Enum):
    """The absence of a default: null may be one."""

    NO_DEFAULT = "no default"


NO_DEFAULT = NoDefault.NO_DEFAULT


@dataclass(frozen=True, slots=True)
class Field:
    """A property at the top of a resource's representation.

    ``schema`` is OpenAPI's, the reference at its top resolved. ``written`` has the ids of the operations whose request
    body may hold it, ``required`` those whose body must. ``answered`` says that answers with the resource have it,
    ``always`` that they must. ``default`` is the value of a property that a request left out, NO_DEFAULT: not known.
    ``server_set`` says that the service alone gives it a value. ``write_only`` says that no answer has it.
    """

    name: str
    schema: Schema
    written: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    answered: bool = False
    always: bool = False
    default: Any = NO_DEFAULT
    server_set: bool = False
    write_only: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """The query parameter that limits a page. What the document does not say of it is None."""

    parameter: str
    minimum: int | None = None
    maximum: int | None = None
    default: int | None = None


@dataclass(frozen=True, slots=True)
class NextPage:
    """The way from a page to the next one.

    ``style``: ``token`` (an opaque value that the answer has at ``pointer``), ``offset`` (a number of resources to
    skip), ``page`` (a page's number, ``first`` is the first one's), or ``link`` (a URL in the answer's ``Link`` header,
    or at ``pointer``). ``parameter`` is the query parameter, ``""`` for ``link``. ``pointer`` has the keys that lead to
    the value in the body.
    """

    style: Literal["token", "offset", "page", "link"]
    parameter: str = ""
    pointer: tuple[str, ...] = ()
    first: int = 1


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that selects the resources whose property ``field`` has its value."""

    parameter: str
    field: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Bound:
    """A query parameter that selects the resources whose property ``field`` is at ``least``, or at ``most``, its value.

    ``inclusive`` says whether the value itself is in, None: the document does not say.
    """

    parameter: str
    field: str
    side: Literal["least", "most"]
    schema: Schema
    inclusive: bool | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A query parameter that selects the resources whose array ``field`` has its value.

    ``partial`` says that a part of a member may do, by the words of the document.
    """

    parameter: str
    field: str
    schema: Schema
    partial: bool = False


@dataclass(frozen=True, slots=True)
class TextSearch:
    """A query parameter that selects the resources whose text ``field`` contains, or begins with, its value.

    ``any_case`` says that upper and lower case are the same to it, ``alone`` that it looks at no other property.
    """

    parameter: str
    field: str
    schema: Schema
    prefix: bool = False
    any_case: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list by the property ``field``.

    ``parameter`` is the query parameter that asks for it with ``value``, both ``""`` where the list always has it.
    """

    field: str
    descending: bool = False
    parameter: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """An operation that lists resources. ``items`` has the keys that lead to the array in the answer's body.

    ``filters`` select resources, ``members`` those whose arrays have a value, ``bounds`` a range of them, ``searches``
    those with a text. ``sorts`` are its documented orders.
    ``required`` are the parameters without which the operation does not answer: those of the query, and those of the
    path that select by a property (``/rooms/{roomId}/bookings``). ``defaults`` are those of filters that select by a
    value of their own where they are left out. ``eventual`` says that it may be behind the writes.
    """

    operation: Operation
    items: tuple[str, ...] = ()
    limit: Limit | None = None
    next_page: NextPage | None = None
    filters: tuple[Filter, ...] = ()
    bounds: tuple[Bound, ...] = ()
    members: tuple[Member, ...] = ()
    searches: tuple[TextSearch, ...] = ()
    sorts: tuple[Sort, ...] = ()
    required: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    eventual: bool = False


@dataclass(frozen=True, slots=True)
class BatchRead:
    """An operation that reads several resources by their ids.

    ``ids`` has the keys that lead to the ids in the request's body; for a query parameter, ``parameter`` is its name,
    and ``joined`` says that they are one value, with commas between them (``?ids=a,b``).
    ``items`` has the keys that lead to the array of resources in the answer, ``missing`` to that of unknown ids, empty
    where there is none.
    """

    operation: Operation
    ids: tuple[str, ...] = ()
    parameter: str = ""
    items: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    maximum: int | None = None
    unique: bool = False
    joined: bool = False

    def query(self, ids: Iterable[Any]) -> dict[str, Any]:
        """Return the query that asks for resources."""
        found = list(ids)
        return {self.parameter: ",".join(map(str, found)) if self.joined else found}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The keys that lead to the resource in an operation's answer and in its request body (``{"data": {…}}``)."""

    answer: tuple[str, ...] = ()
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of resource, ``items``, with the operations on it.

    ``collection`` and ``item`` are path templates, ``""`` where the API has none. ``id_parameter`` is the last path
    parameter of ``item``, ``id_property`` the property of the representation with its value, ``""``: it has none.
    ``parents`` are the path parameters before it. An operation that the API lacks is None.

    ``create`` is a POST to the collection, ``replace`` PUT, ``change`` PATCH. ``creates_by_put`` says that PUT makes a
    resource that is not there, ``put_merges`` that it keeps what its body lacks, ``eventual`` that reads may be behind
    the writes. ``actions`` are other operations below the item (``POST /orders/{orderId}/cancel``).
    ``single`` says that there is one only, without an id (``/me``): no path leads to one that is missing. ``keyed_by``
    names the resource whose ids its own are (``products`` for ``/cart/{productId}``), ``""``: it has its own.
    ``envelope`` has the keys that lead to the representation in an answer (``("data",)``), ``body_envelope`` those in a
    request's body; the client takes both away, so that checks see the representation alone.
    ``version`` is the property that counts writes up, ``""`` for none. ``etagged`` has the ids of the operations whose
    answers have an ETag. ``conditional`` maps the id of an operation to the precondition headers that it takes, in
    lower case. ``idempotency_header`` is the name of the header that makes ``create`` idempotent, ``""`` for none.
    ``background_properties`` has the properties that a function in the background was seen to change after the answer.
    ``reasons`` say why each part was inferred, by its name.
    """

    name: str
    collection: str = ""
    item: str = ""
    id_parameter: str = ""
    id_property: str = ""
    parents: tuple[str, ...] = ()
    create: Operation | None = None
    read: Operation | None = None
    replace: Operation | None = None
    change: Operation | None = None
    delete: Operation | None = None
    listings: tuple[Listing, ...] = ()
    batch_reads: tuple[BatchRead, ...] = ()
    actions: tuple[Operation, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    creates_by_put: bool = False
    put_merges: bool = False
    eventual: bool = False
    single: bool = False
    keyed_by: str = ""
    envelope: tuple[str, ...] = ()
    body_envelope: tuple[str, ...] = ()
    version: str = ""
    etagged: frozenset[str] = frozenset()
    conditional: Mapping[str, frozenset[str]] = field(default_factory=dict)
    idempotency_header: str = ""
    background_properties: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation of the resource, each once."""
        single = (self.create, self.read, self.replace, self.change, self.delete)
        several = (*(one.operation for one in self.listings), *(one.operation for one in self.batch_reads))
        found = [one for one in (*single, *several, *self.actions) if one is not None]
        return tuple({one.id: one for one in found}.values())

    def checks_version(self, operation: Operation) -> bool:
        """Return whether the body of a write has the version that the client has read, as a precondition."""
        known = self.fields.get(self.version)
        return known is not None and operation.id in known.written

    @property
    def any_create(self) -> Operation | None:
        """The operation that makes a resource: POST on the collection, else PUT where it makes what is not there."""
        return self.create or (self.replace if self.creates_by_put else None)

    @property
    def whole_write(self) -> Operation | None:
        """The operation whose body is a whole resource: POST on the collection, else PUT."""
        return self.create or self.replace

    @property
    def writes(self) -> tuple[Operation, ...]:
        """The operations that change an existing resource: PUT, PATCH, actions."""
        return tuple(one for one in (self.replace, self.change, *self.actions) if one is not None)


@dataclass(frozen=True, slots=True)
class BatchWrite:
    """An operation that does something to several resources by their ids (``POST /messages/batch/delete``).

    ``resource`` is the name of their kind. ``ids`` has the key of the ids in the request's body, none where the body is
    the array itself. ``missing`` is the property of the answer with the ids that nothing has, ``""``: there is none.
    ``deletes`` says that the resources are gone then.
    """

    operation: Operation
    resource: str
    ids: tuple[str, ...] = ()
    missing: str = ""
    maximum: int | None = None
    unique: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """An operation ``write`` of which a list says how often it was called.

    ``key`` is the property that the write's answer and the list's resources have in common, ``count`` the integer that
    only the latter have.
    """

    write: Operation
    listing: Listing
    key: str
    count: str


@dataclass(frozen=True, slots=True)
class ApiModel:
    """The resources of an API, as a run knows them. ``others`` are the operations that belong to no resource.

    ``document`` is the plain document, into which references of schemas lead. ``envelopes`` are by operation id.
    """

    resources: tuple[Resource, ...]
    others: tuple[Operation, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)
    counters: tuple[Counter, ...] = ()
    batch_writes: tuple[BatchWrite, ...] = ()

    def find(self, name: str) -> Resource | None:
        """Return the resource of a name."""
        return next((one for one in self.resources if one.name == name), None)
