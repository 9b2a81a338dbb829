"""The choice of one API of a template that has several: by its name, or by an operation that only one of them has."""

from __future__ import annotations

from homeport.errors import HomeportError
from homeport.project.names import did_you_mean, named_function, named_operation
from homeport.project.project import Project


def choose_api(project: Project, name: str | None) -> Project:
    """Return the project of the API of that name, case ignored, or of the only one. Raises HomeportError."""
    known = {each.api.name: each for each in project.every_api}
    if name is None:
        if len(known) > 1:
            raise HomeportError(f"the template has {len(known)} APIs: {', '.join(known)}", "choose one: --api NAME")
        return project
    for other, each in known.items():
        if other.lower() == name.lower():
            return each
    raise HomeportError(f"there is no API {name!r}", did_you_mean(name, known))


def choose_api_with(project: Project, name: str | None, operation: str) -> Project:
    """Return the project of the API of that name, or of the one that has an operation, by its id, route or function.

    Raises HomeportError.
    """
    if name is not None:
        return choose_api(project, name)
    having = [each for each in project.every_api if named_operation(each.api, operation) is not None]
    for each in () if having else project.every_api:
        function = named_function(each.api, operation)
        if function is not None and function.operations:
            having.append(each)
    if len(having) > 1:
        raise HomeportError(
            f"{operation!r} is of several APIs: {', '.join(each.api.name for each in having)}", "choose one: --api NAME"
        )
    return having[0] if having else project
