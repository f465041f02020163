"""The addresses at which other programs call back. Each names a wait by its execution, step and key, and is signed: so
it is known before the wait begins, and nobody makes one up."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from pipelit.errors import NotFound
from pipelit.fields import dumps

MISSING = "There is no callback at this address."
_MARK = ".callback."
_SIGNED = re.compile(r"(\.callback\.)[\w-]+")


def path(execution_id: UUID, step_key: str, key: str = "") -> str:
    token = _signer().sign_object([execution_id.hex, step_key, key])
    return reverse("callback", args=[token])


def read(token: str) -> tuple[UUID, str, str]:
    """The execution, step key and key that a token names; raises NotFound for a forged one."""
    try:
        execution_id, step_key, key = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        raise NotFound(MISSING) from None
    return UUID(execution_id), step_key, key


def hidden(text: str) -> str:
    """Without the signatures of addresses: for those who may look, but not call."""
    return _SIGNED.sub(r"\1****", text) if _MARK in text else text


def hidden_in(value: Any, text: str | None = None) -> Any:
    """The same for JSON, which may be given as `text` too."""
    text = dumps(value) if text is None else text
    shown = hidden(text)
    return value if shown == text else json.loads(shown)


def _signer() -> Signer:
    return Signer(salt="pipelit.callback", sep=_MARK)
