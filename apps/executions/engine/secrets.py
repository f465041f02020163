"""Credential values never reach the journal in clear: they are sealed on the way in and resolved on the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from apps.credentials.actions import reveal, secret_values
from apps.executions import addresses
from pipelit.fields import storable

_SEAL = re.compile(r"\u27e6sealed:(\d+):(\d+):([0-9a-f]{32})\u27e7")
SHORTEST = 6
"""Characters: shorter values would be found everywhere."""


class Seals:
    """The secrets that one execution has been shown. A seal is signed for its workflow, so that nobody makes one up: a
    forged one stays a text."""

    def __init__(self, workflow_id: int) -> None:
        self._workflow_id = workflow_id
        self._tokens: dict[str, str] = {}

    def reveal(self, credential_id: int) -> Mapping[str, Any]:
        """A credential in clear; its secrets are sealed in all that is recorded from now on."""
        for number, secret in enumerate(secret_values(credential_id)):
            if len(secret) >= SHORTEST:
                signed = self._signature(credential_id, number)
                self._tokens[secret] = f"\u27e6sealed:{credential_id}:{number}:{signed}\u27e7"
        return reveal(credential_id)

    def seal(self, value: Any) -> Any:
        return _mapped(value, self._seal_text) if self._tokens else value

    def unseal(self, value: Any) -> Any:
        return _mapped(value, self._unseal_text)

    def mask(self, text: str) -> str:
        """For what people read: errors, logs."""
        return addresses.hidden(self.redact(text))

    def redact(self, text: str) -> str:
        """For what is sent: without credentials. The address of a callback may be just what is to be told."""
        for secret in self._tokens:
            text = text.replace(secret, "****")
        return storable(text)

    def _seal_text(self, text: str) -> str:
        for secret, token in self._tokens.items():
            text = text.replace(secret, token)
        return text

    def _unseal_text(self, text: str) -> str:
        return _SEAL.sub(self._resolve, text) if "\u27e6sealed:" in text else text

    def _resolve(self, found: re.Match[str]) -> str:
        credential_id, number = int(found[1]), int(found[2])
        if not constant_time_compare(found[3], self._signature(credential_id, number)):
            return found[0]
        self.reveal(credential_id)
        values = secret_values(credential_id)
        return values[number] if number < len(values) else found[0]

    def _signature(self, credential_id: int, number: int) -> str:
        value = f"{self._workflow_id}:{credential_id}:{number}"
        return salted_hmac("pipelit.seal", value, algorithm="sha256").hexdigest()[:32]


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
