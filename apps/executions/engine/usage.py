"""Tokens and money: what a step used, and what an execution used in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(slots=True)
class Usage:
    """Tokens as the provider reports them; `cost_usd` counts what has a known price, `cost_known` tells if all has."""

    input_tokens: int = 0
    output_tokens: int = 0
    llm_calls: int = 0
    cost_usd: Decimal = Decimal(0)
    cost_known: bool = True

    def add(self, other: Usage) -> None:
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.llm_calls += other.llm_calls
        self.cost_usd += other.cost_usd
        self.cost_known = self.cost_known and other.cost_known

    def dump(self) -> dict[str, Any]:
        """As in the journal's metadata."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
            "llm_calls": self.llm_calls,
            "cost_usd": str(self.cost_usd),
            "cost_known": self.cost_known,
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> Usage:
        return cls(
            dumped.get("input_tokens", 0),
            dumped.get("output_tokens", 0),
            dumped.get("llm_calls", 0),
            Decimal(dumped.get("cost_usd", "0")),
            dumped.get("cost_known", True),
        )


def total(metadata: Iterable[Mapping[str, Any]]) -> Usage:
    """The sum over journal rows. What a step's sub-steps used is counted with the sub-steps."""
    found = Usage()
    for row in metadata:
        if row.get("token_usage") and not row.get("in_substeps"):
            found.add(Usage.load(row["token_usage"]))
    return found
