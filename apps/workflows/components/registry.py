"""The registry: every component by its type, found in the package tree and in third-party packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from pipelit.errors import UserError

from .base import Attachment, Component

ENTRY_POINTS = "pipelit.components"
"""Third-party packages name a Component subclass, or a module of them, in this entry-point group."""


def get(component_type: str) -> Component:
    """The component of that type; raises UserError `unknown_component_type`."""
    try:
        return all_components()[component_type]
    except KeyError:
        raise UserError(
            f'There is no component type "{component_type}".', code="unknown_component_type", status=422
        ) from None


@cache
def all_components() -> Mapping[str, Component]:
    """All components by type. Raises RuntimeError where two claim the same type."""
    found: dict[str, Component] = {}
    for component in (*_built_in(), *_third_party()):
        known = found.get(component.type)
        if known is not None and type(known) is not component:
            raise RuntimeError(f"{component.__module__} and {type(known).__module__} both define {component.type!r}")
        found[component.type] = component()
    return dict(sorted(found.items()))


def attachments(component: Component) -> list[Attachment]:
    """What may be attached to a component, without what no component can be attached as (yet)."""
    known = {one.attaches_as for one in all_components().values()}
    return [wanted for wanted in component.attachments if wanted.label in known]


def _built_in() -> Iterator[type[Component]]:
    package = importlib.import_module(__package__)
    for info in pkgutil.walk_packages(package.__path__, f"{__package__}."):
        if not info.ispkg and not info.name.rpartition(".")[2].startswith("_"):
            yield from _defined_in(importlib.import_module(info.name))


def _third_party() -> Iterator[type[Component]]:
    for entry in entry_points(group=ENTRY_POINTS):
        loaded = entry.load()
        if isinstance(loaded, ModuleType):
            yield from _defined_in(loaded)
        else:
            yield loaded


def _defined_in(module: ModuleType) -> Iterator[type[Component]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Component) and "type" in vars(value):
            if value.__module__ != module.__name__:
                continue  # imported from elsewhere
            yield value
