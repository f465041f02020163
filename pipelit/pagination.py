"""Lists: a page of items and how many there are in all."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

from pipelit.errors import UserError


class Pagination(LimitOffsetPagination):
    """`?limit=50&offset=0` -> `{"items": [...], "total": n}`. A limit above 200, or no whole number, is refused."""

    default_limit = 50
    max_limit = 200

    def get_limit(self, request: Request) -> int:
        return _whole(request, "limit", self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return _whole(request, "offset", 0, 0, 2**31)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "total": self.count})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "total"],
            "properties": {"items": schema, "total": {"type": "integer", "example": 123}},
        }


def malformed(name: str, sentence: str) -> UserError:
    """The refusal (400) of a query parameter."""
    return UserError(f"{name}: {sentence}", code="invalid_parameter", fields={name: [sentence]})


def _whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", raw) or not low <= int(raw) <= high:
        raise malformed(name, f"Must be a whole number from {low} to {high}.")
    return int(raw)
