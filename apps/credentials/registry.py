"""The kinds of credentials: those of the package `kinds`, and what third parties bring by the entry-point group
`pipelit.credential_kinds`."""

from __future__ import annotations

import inspect
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from pipelit.errors import UserError

from . import kinds
from .kinds.base import Kind

GROUP = "pipelit.credential_kinds"


@lru_cache(maxsize=1)
def all_kinds() -> dict[str, Kind]:
    """The kinds by type. Raises TypeError if two claim the same."""
    modules = [import_module(f"{kinds.__name__}.{info.name}") for info in iter_modules(kinds.__path__)]
    modules += [entry.load() for entry in entry_points(group=GROUP)]
    found: dict[str, Kind] = {}
    for module in modules:
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, Kind) or cls is Kind or cls.__module__ != module.__name__:
                continue
            if cls.type in found:
                raise TypeError(f"Two credential kinds are called {cls.type!r}: {found[cls.type]!r}, {cls!r}.")
            found[cls.type] = cls()
    return dict(sorted(found.items()))


def get(credential_type: str) -> Kind:
    """Raises UserError for an unknown type."""
    kind = all_kinds().get(credential_type)
    if kind is None:
        sentence = f"There is no kind {credential_type!r}; there are {', '.join(all_kinds())}."
        raise UserError(
            f"credential_type: {sentence}", code="unknown_credential_type", fields={"credential_type": [sentence]}
        )
    return kind
