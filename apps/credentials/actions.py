"""What people and other apps can do with credentials: one function per deed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from pydantic import ValidationError

from apps.accounts.audit import audit
from apps.accounts.models import UserProfile
from pipelit import outbound
from pipelit.errors import ConfigError, Conflict, PipelitError, UserError

from . import models, prices, registry, usage
from .access import get_credential
from .encryption import require_key
from .errors import calling
from .kinds.base import Fields, Kind
from .masking import blot, keep_masked, mask, texts
from .models import BaseCredential

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
TRY_SECONDS = 20.0
"""The longest that a person waits for the other side."""


def create(user: UserProfile | None, name: str, credential_type: str, detail: Mapping[str, Any]) -> BaseCredential:
    """A new credential. Raises UserError for an unknown type, with `fields` (`detail.<field>`) for invalid detail."""
    kind = registry.get(credential_type)
    fields = validated(kind, detail)
    require_key()
    row = getattr(models, kind.model)(name=name, credential_type=kind.type, created_by=user)
    _fill(row, kind, fields)
    with transaction.atomic():
        row.save()
        audit(user, "credential.created", f"credential:{row.pk}", name=name, credential_type=kind.type)
    found: BaseCredential = row
    return found


def update(
    user: UserProfile, credential_id: int, *, name: str | None = None, detail: Mapping[str, Any] | None = None
) -> BaseCredential:
    """Change name or fields: fields not given stay, a null clears, a mask sent back keeps what is stored."""
    require_key()
    with transaction.atomic():
        BaseCredential.objects.non_polymorphic().select_for_update().only("pk").filter(pk=credential_id).first()
        row = get_credential(user, credential_id, write=True)
        changed = []
        if name is not None and name != row.name:
            row.name = name
            changed.append("name")
        if detail is not None:
            before = row.fields
            merged = {**before, **{field: keep_masked(value, before.get(field)) for field, value in detail.items()}}
            fields = validated(row.kind, {field: value for field, value in merged.items() if value is not None})
            _fill(row, row.kind, fields)
            changed += [field for field, value in row.fields.items() if value != before.get(field)]
        row.save()
        if changed:
            audit(user, "credential.updated", f"credential:{row.pk}", fields=changed)
    return row


def delete(user: UserProfile, credential_ids: Iterable[int], *, force: bool = False) -> int:
    """Remove credentials, all or none. Raises Conflict with `usage` if nodes use one, unless forced; NotFound."""
    ids = list(dict.fromkeys(credential_ids))
    with transaction.atomic():
        rows = [get_credential(user, credential_id, write=True) for credential_id in ids]
        used = {str(row.pk): usage.of(row.pk) for row in rows} if not force else {}
        if any(used.values()):
            count = sum(len(uses) for uses in used.values())
            raise Conflict(
                f"In use by {count} node{'s' if count > 1 else ''}. Choose another credential there, or delete with "
                "?force=true and let these nodes fail.",
                code="in_use",
                usage=[use for uses in used.values() for use in uses],
            )
        for row in rows:
            audit(user, "credential.deleted", f"credential:{row.pk}", name=row.name, forced=force)
            row.delete()
    return len(rows)


def try_out(user: UserProfile, credential_id: int, model_name: str | None = None) -> dict[str, Any]:
    """Make a real call: {ok, error, latency_ms}. What it says holds no secret."""
    row = _row(credential_id)
    audit(user, "credential.tested", f"credential:{row.pk}")
    begun = time.monotonic()
    error = ""
    try:
        with calling(), outbound.within(TRY_SECONDS):
            row.kind.test(validated(row.kind, row.fields), model_name)
    except PipelitError as failure:
        error = blot(failure.detail, secret_values(credential_id))
    return {"ok": not error, "error": error or None, "latency_ms": round((time.monotonic() - begun) * 1000)}


def list_models(user: UserProfile, credential_id: int) -> list[dict[str, Any]]:
    """The provider's models, with the price where it is known (USD per million tokens). Raises PipelitError."""
    row = _row(credential_id)
    audit(user, "credential.models_listed", f"credential:{row.pk}")
    fields = validated(row.kind, row.fields)
    try:
        with calling(), outbound.within(TRY_SECONDS):
            found = row.kind.models(fields)
    except PipelitError as failure:
        failure.detail = blot(failure.detail, secret_values(credential_id))
        raise
    return [{**model, "price": _shown(_price(row, model["id"]))} for model in found]


def reveal(credential_id: int) -> dict[str, Any]:
    """All fields in clear, with `id`, `name`, `credential_type`, and what the kind makes of them (an HTTP credential:
    `headers` and `params` to send). Raises ConfigError if it is gone."""
    row = _row(credential_id)
    fields = validated(row.kind, row.fields)
    derived = {name: value for name, value in row.kind.derived(fields).items() if name != "secrets"}
    return {
        **fields.model_dump(mode="json"),
        **derived,
        "id": row.pk,
        "name": row.name,
        "credential_type": row.credential_type,
    }


def secret_values(credential_id: int) -> list[str]:
    """Every text that must not be shown, in an order that only an edit changes. Raises ConfigError if it is gone."""
    row = _row(credential_id)
    stored = [text for name in sorted(row.kind.secret_names()) for text in texts(row.secret.get(name))]
    derived = row.kind.derived(validated(row.kind, row.fields))
    return list(dict.fromkeys([*stored, *texts(derived.get("secrets"))]))


def chat_model(credential_id: int, params: Mapping[str, Any]) -> BaseChatModel:
    """A chat model of the credential's provider; `params` are a model node's fields (model_name, temperature,
    max_tokens, top_p, penalties, timeout in seconds, max_retries, response_format; `script` for the demo model).
    Raises ConfigError."""
    row = _row(credential_id)
    try:
        model: BaseChatModel = row.kind.chat_model(validated(row.kind, row.fields), params)
    except ValidationError as error:
        raise ConfigError(f"The model cannot be set up: {_faults(error)[0][1]}") from None
    return model


def cost_of(
    credential_id: int, model_name: str, reported: Mapping[str, Any], price: tuple[float, float] | None = None
) -> Decimal | None:
    """USD for what LangChain's `usage_metadata` reports; None if the model's price is not known. `price`: USD per
    million tokens of input and output, if the caller knows better."""
    found = (
        prices.Price.of({"input": price[0], "output": price[1]})
        if price is not None
        else _price(_row(credential_id), model_name)
    )
    return prices.cost(found, reported) if found is not None else None


def masked(row: BaseCredential) -> dict[str, Any]:
    """The fields as the API shows them."""
    defaults = {
        name: info.get_default(call_default_factory=True) for name, info in row.kind.Fields.model_fields.items()
    }
    shown = {name: value for name, value in defaults.items() if name not in row.kind.secret_names()}
    hidden = {name: mask(row.secret.get(name, defaults[name])) for name in row.kind.secret_names()}
    return {name: {**shown, **row.public, **hidden}[name] for name in defaults if name in {**shown, **hidden}}


def validated(kind: Kind, detail: Mapping[str, Any]) -> Fields:
    """Raises UserError with `fields`."""
    try:
        return kind.Fields.model_validate(dict(detail))
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for name, sentence in _faults(error):
            fields.setdefault(name, []).append(sentence)
        name, sentences = next(iter(fields.items()))
        raise UserError(f"{name}: {sentences[0]}", fields=fields) from None


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    found = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in fault["loc"])
        sentence = fault["msg"].removeprefix("Value error, ")
        if not place and ": " in sentence:
            place, _, sentence = sentence.partition(": ")
        found.append((f"detail.{place}" if place else "detail", f"{sentence[:1].upper()}{sentence[1:]}."))
    return found


def _fill(row: BaseCredential, kind: Kind, fields: Fields) -> None:
    dumped = fields.model_dump(mode="json")
    secret = kind.secret_names()
    row.public = {name: value for name, value in dumped.items() if name not in secret}
    row.secret = {name: value for name, value in dumped.items() if name in secret}


def _row(credential_id: int) -> BaseCredential:
    found = BaseCredential.objects.non_polymorphic().filter(pk=credential_id).first()
    if not isinstance(found, BaseCredential):
        raise ConfigError(f"Credential {credential_id} does not exist any more: choose another one.")
    return found


def _price(row: BaseCredential, model_name: str) -> prices.Price | None:
    return prices.price(row.public.get("provider_type", ""), model_name, row.public.get("prices"))


def _shown(found: prices.Price | None) -> dict[str, str] | None:
    return {"input": str(found.input), "output": str(found.output), "cached": str(found.cached)} if found else None
