"""A client of Telegram's Bot API (https://core.telegram.org/bots/api). The token, which is part of every address, is
kept out of all errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelit import outbound
from pipelit.errors import PermanentError, PipelitError, TransientError, UserError
from pipelit.results import HttpResponse

API_URL = "https://api.telegram.org"
MAX_FILE_BYTES = 5 * 1024 * 1024
CHAT = re.compile(r"-?[0-9]{1,19}")
"""The id of a person's chat, or (negative) of a group's."""


class Refused(UserError):
    """Telegram refused a call: what it said, without the token."""

    code = "telegram_error"


class Elsewhere(UserError):
    """Somebody else receives the bot's updates: another poller, or a webhook."""

    code = "telegram_conflict"


@dataclass(frozen=True, slots=True)
class Bot:
    token: str = field(repr=False)
    api_url: str = API_URL

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, seconds: float = 20.0) -> Any:
        """The `result` of a method, within so many seconds. Parameters that are None are left out. Raises
        TransientError (with `retry_after` if Telegram says so), Elsewhere, Refused, PermanentError for a bad token."""
        body = json.dumps({name: value for name, value in (params or {}).items() if value is not None}).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._request("POST", f"bot{self.token}/{method}", seconds, content=body, headers=headers)
        said = self._parsed(answer)
        if said.get("ok") is True:
            return said.get("result")
        raise self._error(method, answer.status, said)

    def download(self, file_path: str, *, seconds: float = 30.0) -> bytes | None:
        """A file by the path that `getFile` gives; None if it is larger than MAX_FILE_BYTES."""
        answer = self._request("GET", f"file/bot{self.token}/{file_path}", seconds, max_bytes=MAX_FILE_BYTES)
        if answer.status != 200:
            raise self._error("file", answer.status, {})
        return None if answer.truncated else answer.body

    def _request(self, verb: str, path: str, seconds: float, **options: Any) -> HttpResponse:
        try:
            return outbound.client().request(verb, f"{self.api_url}/{path}", timeout=seconds, **options)
        except PipelitError as error:
            error.detail = error.detail.replace(self.token, "***")
            error.args = (error.detail,)
            raise

    def _parsed(self, answer: HttpResponse) -> dict[str, Any]:
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if isinstance(found, dict):
            return found
        raise TransientError(
            f"Telegram answered {answer.status} with something that is no JSON.", code="telegram_error"
        )

    def _error(self, method: str, status: int, said: dict[str, Any]) -> PipelitError:
        why = str(said.get("description") or f"status {status}").replace(self.token, "***")[:500]
        sentence = f"Telegram refused {method}: {why}"
        if status == 429:
            wait = (said.get("parameters") or {}).get("retry_after")
            return TransientError(sentence, code="rate_limited", retry_after=float(wait) if wait else None)
        if status >= 500:
            return TransientError(sentence, code="telegram_error")
        if status == 409:
            return Elsewhere(sentence)
        if status in (401, 404):
            return PermanentError(f"The bot's token is not valid: {why}", code="telegram_error")
        return Refused(sentence)
