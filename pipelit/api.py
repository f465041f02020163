"""What the views of all apps share: pagination, query parameters, revisions, idempotency keys, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from pipelit.errors import STALE, Stale, UserError
from pipelit.failures import exception_handler
from pipelit.pagination import Pagination, malformed

__all__ = [
    "IDEMPOTENCY_KEY",
    "IF_MATCH",
    "BaseView",
    "BaseViewSet",
    "Pagination",
    "etag",
    "exception_handler",
    "idempotency_key",
    "query_parameter",
    "require_match",
]

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The revision that you edit.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key within 24 hours answers the first result.",
)


class KnownParameters:
    """Refuses query parameters (400) that the view does not name.

    `query_parameters` is a sequence of names, or a mapping of action -> names. `limit` and `offset` are known to
    every GET of a paginated view, `format` to all.
    """

    query_parameters: Sequence[str] | Mapping[str, Sequence[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if not request.META["QUERY_STRING"]:
            return
        known = set(self.known_parameters(request))
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            allowed = (
                f"Known here: {', '.join(sorted(known - {'format'}))}." if known - {"format"} else "None is known here."
            )
            raise UserError(
                f"Unknown query parameter {unknown[0]!r}. {allowed}",
                code="unknown_parameter",
                fields={name: ["Unknown query parameter."] for name in unknown},
            )

    def known_parameters(self, request: Request) -> list[str]:
        declared = self.query_parameters
        if isinstance(declared, Mapping):
            declared = declared.get(getattr(self, "action", None) or request.method.lower(), ())  # type: ignore[union-attr]
        paged = ("limit", "offset") if request.method in {"GET", "HEAD"} and getattr(self, "paginator", None) else ()
        return ["format", *declared, *paged]


class BaseView(KnownParameters, APIView):
    """A view of one URL. Declares `permission_classes`; a test fails for one that does not."""


class BaseViewSet(KnownParameters, GenericViewSet[Any]):
    """A view set without actions: add DRF's mixins or your own. Declares `permission_classes`."""


def query_parameter(request: Request, name: str, choices: Sequence[str] | None = None) -> str | None:
    """The value of a query parameter, None if it is absent or empty; raises UserError if it is none of `choices`."""
    value = request.query_params.get(name) or None
    if value is not None and choices is not None and value not in choices:
        raise malformed(name, f"Must be one of {', '.join(choices)}.")
    return value


def etag(revision: int | str) -> str:
    """The ETag header of a revision."""
    return f'"{revision}"'


def require_match(request: Request, revision: int | str, current: Any) -> None:
    """Refuse an edit against an old revision: raises Stale (412) with `current`, the object as it is now (a value,
    or a function that makes it), unless If-Match is absent, `*`, or names `revision`."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    given = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    if str(revision) not in given:
        raise Stale(
            STALE,
            current=current() if isinstance(current, Callable) else current,  # type: ignore[arg-type]
        )


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header, None if absent; raises UserError for one that is not 1-200 printable ASCII
    characters."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not re.fullmatch(r"[\x20-\x7e]{1,200}", key) or not key.strip():
        raise UserError("Idempotency-Key must be 1 to 200 printable ASCII characters.", code="invalid_idempotency_key")
    return key.strip()
