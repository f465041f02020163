"""JSON in and out, and the browsable API for staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import parsers, renderers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from pipelit.fields import excess


class JSONParser(parsers.JSONParser):
    """As DRF's; what is too deep or too large is malformed too."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            found = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
        if why := excess(found):
            raise ParseError(f"JSON parse error - {why}")
        return found


class JSONRenderer(renderers.JSONRenderer):
    """As DRF's; a text with half a character (a lone surrogate, which JSON can spell) is escaped, not refused."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        try:
            rendered: bytes = super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            rendered = _AsciiRenderer().render(data, accepted_media_type, renderer_context)
        return rendered


class _AsciiRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class StaffBrowsableRenderer(renderers.BrowsableAPIRenderer):
    """The browsable API: forms for staff with an admin session; anybody else who asks for HTML sees the plain
    answer and no form."""

    def show_form_for_method(self, view: Any, method: str, request: Request, obj: Any) -> bool:
        user = getattr(request, "user", None)
        if not getattr(user, "is_staff", False):
            return False
        return bool(super().show_form_for_method(view, method, request, obj))
