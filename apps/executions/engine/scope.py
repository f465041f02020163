"""What expressions see: ancestors only, so that a replay sees what the first run saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.executions import addresses
from apps.workflows.components import registry
from apps.workflows.topology import PlanNode

from .state import Scope


class _ByNode(Mapping[str, Any]):
    """What a step sees of other nodes, by node id; read lazily."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __iter__(self) -> Iterator[str]:
        for name in self._scope.plan.nodes:
            if name in self:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Outputs(_ByNode):
    """The port values of the ancestors that ran."""

    def __init__(self, scope: Scope, node: PlanNode) -> None:
        super().__init__(scope)
        self._node = node

    def __getitem__(self, name: str) -> Any:
        if self._scope.plan.sees(self._node, name):
            outcome = self._scope.outcome_of(name)
            if outcome is not None and outcome.status != "skipped":
                return outcome.ports
        raise KeyError(name)


class CallbackUrls(_ByNode):
    """The addresses at which nodes may be called, also before they wait: of this iteration in the loops around the
    step, and of the top level."""

    def __init__(self, scope: Scope, execution_id: UUID) -> None:
        super().__init__(scope)
        self._execution_id = execution_id

    def __getitem__(self, name: str) -> str:
        node = self._scope.plan.nodes.get(name)
        if node is not None and registry.get(node.type).is_called(node.config):
            scope: Scope | None = self._scope
            while scope is not None:
                if scope.loop_node == node.scope:
                    return settings.PUBLIC_URL + addresses.path(self._execution_id, scope.prefix + name)
                scope = scope.parent
        raise KeyError(name)


class ExpressionScope(Mapping[str, Any]):
    """The whole context of a step's expressions: the fixed names, then the ancestors."""

    def __init__(self, fixed: Mapping[str, Any], outputs: Outputs, own: Mapping[str, Any]) -> None:
        self._fixed = fixed
        self._outputs = outputs
        self._own = own
        """What only this step sees: `loop`, `node_outputs`, `inputs`, `_route`."""

    def __getitem__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name in self._fixed:
            return self._fixed[name]
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from self._fixed
        yield from self._outputs

    def __len__(self) -> int:
        return len(self._own) + len(self._fixed) + len(self._outputs)
