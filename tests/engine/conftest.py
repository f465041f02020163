"""Fixtures of the engine's tests."""

from __future__ import annotations

import pytest

from apps.workflows.components import registry
from tests.engine.probe import Probe


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> type[Probe]:
    """Registers the component `probe`."""
    known = {**registry.all_components(), "probe": Probe()}
    monkeypatch.setattr(registry, "all_components", lambda: known)
    Probe.calls, Probe.plan = [], []
    return Probe
