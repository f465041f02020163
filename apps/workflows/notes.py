"""Notes and groups on a canvas: what people write beside the nodes. They change nothing about how a workflow runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_NOTES = 200
Place = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=40, le=20_000, allow_inf_nan=False)]


class Note(BaseModel):
    """A note (plain text), or a group: a titled frame. Places and lengths are in canvas units."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^(note|group)-[a-z0-9]{1,32}$")
    """Has a dash, so that it is never the id of a node."""
    kind: Literal["note", "group"]
    text: str = Field("", max_length=2000)
    x: Place
    y: Place
    width: Length
    height: Length
    color: Literal["amber", "green", "blue", "purple", "red", "grey"] = "amber"


_NOTES = TypeAdapter(list[Note])


def parse(given: Any) -> list[dict[str, Any]]:
    """The notes of a list; raises ValueError with a sentence."""
    try:
        found = [note.model_dump() for note in _NOTES.validate_python(given or [])]
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{place}: {fault['msg']}.") from None
    if len({note["id"] for note in found}) < len(found):
        raise ValueError("Two notes have the same id.")
    return found
