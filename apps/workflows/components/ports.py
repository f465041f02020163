"""The words of the component contract: what kinds of components, ports and effects there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class DataType(StrEnum):
    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    OBJECT = "OBJECT"
    ARRAY = "ARRAY"
    MESSAGES = "MESSAGES"
    FILE = "FILE"
    ANY = "ANY"


class Effect(StrEnum):
    """What running a step again may do to the world."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    UNSAFE = "unsafe"


class Category(StrEnum):
    """Where the palette shows a component; the colour of its node follows."""

    TRIGGER = "trigger"
    AI = "ai"
    MODEL = "model"
    LOGIC = "logic"
    TOOL = "tool"
    MEMORY = "memory"
    PLATFORM = "platform"


class Family(StrEnum):
    """The closed set of ComponentConfig proxies; decides which wire fields lie outside `extra_config`."""

    MODEL = "model"
    AI = "ai"
    TRIGGER = "trigger"
    CODE = "code"
    TOOL = "tool"
    LOGIC = "logic"
    MEMORY = "memory"
    PLATFORM = "platform"


MODEL_FIELDS = (
    "llm_credential_id",
    "model_name",
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "timeout",
    "max_retries",
    "response_format",
)
FAMILY_FIELDS: Mapping[Family, tuple[str, ...]] = {
    Family.MODEL: MODEL_FIELDS,
    Family.AI: ("system_prompt", *MODEL_FIELDS),
    Family.TRIGGER: ("credential_id", "is_active", "priority"),
}
"""Config fields that are columns of their own, by family; every other field lives in `extra_config`."""


@dataclass(frozen=True)
class Port:
    """One input or output. `filled_by` names the config fields that can fill an input instead of an edge; when the
    first of them is set, its rendered value wins over the edge."""

    name: str
    data_type: DataType = DataType.ANY
    required: bool = False
    description: str = ""
    filled_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A kind of attachment edge that a component takes; `label` is the edge's label."""

    label: Literal["llm", "tool", "memory", "output_parser"]
    required: bool = False
    many: bool = True
    description: str = ""
