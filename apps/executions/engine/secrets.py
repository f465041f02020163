"""Credential values never reach the journal in clear: they are sealed on the way in and resolved on the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apps.credentials.actions import reveal, secret_values

_SEAL = re.compile(r"\u27e6sealed:(\d+):(\d+)\u27e7")
SHORTEST = 6
"""Characters: shorter values would be found everywhere."""


class Seals:
    """The secrets that one execution has been shown."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def reveal(self, credential_id: int) -> Mapping[str, Any]:
        """A credential in clear; its secrets are sealed in all that is recorded from now on."""
        for number, secret in enumerate(secret_values(credential_id)):
            if len(secret) >= SHORTEST:
                self._tokens[secret] = f"\u27e6sealed:{credential_id}:{number}\u27e7"
        return reveal(credential_id)

    def seal(self, value: Any) -> Any:
        return _mapped(value, self._seal_text) if self._tokens else value

    def unseal(self, value: Any) -> Any:
        return _mapped(value, self._unseal_text)

    def mask(self, text: str) -> str:
        """For what people read: errors, logs."""
        for secret in self._tokens:
            text = text.replace(secret, "****")
        return text

    def _seal_text(self, text: str) -> str:
        for secret, token in self._tokens.items():
            text = text.replace(secret, token)
        return text

    def _unseal_text(self, text: str) -> str:
        return _SEAL.sub(self._resolve, text) if "\u27e6sealed:" in text else text

    def _resolve(self, found: re.Match[str]) -> str:
        self.reveal(int(found[1]))
        values = secret_values(int(found[1]))
        return values[int(found[2])] if int(found[2]) < len(values) else found[0]


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
