"""Config fields that the doors to the outside (webhook, form, public chat) share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from ..base import field

Origin = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|https?://([a-z0-9_\-]+\.)*[a-z0-9\-]+(:[0-9]{1,5})?)$", max_length=200),
]
"""Scheme, host and port of a page, as browsers spell them; `*` is every page."""
MOST_PER_MINUTE = 100_000


def path() -> Any:
    return field(
        "",
        title="Path",
        help="The end of the address, after the workflow's name.",
        pattern=r"^[A-Za-z0-9_\-./]*$",
        max_length=200,
    )


def origins(what: str) -> Any:
    """`what` is a sentence that says what the listed origins may do."""
    return field(
        list,
        title="Allowed origins",
        help=f"{what} Such as https://www.example.com; * is every page, none is the default.",
        widget="list",
        max_length=50,
    )


def rate(default: int | None, help: str) -> Any:
    return field(default, title="Rate limit per minute", help=help, ge=1, le=MOST_PER_MINUTE)


def response_mode(help: str) -> Any:
    return field("immediate", title="Response", help=help)


def response_timeout() -> Any:
    return field(30, title="Longest wait", help="Seconds to wait for the response before answering 202.", ge=1, le=120)
