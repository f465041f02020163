"""The graph: workflows, nodes, edges, settings, versions."""

from .applied import AppliedEdit
from .config import FAMILY_MODELS, ComponentConfig
from .node import WorkflowEdge, WorkflowNode
from .secret import WorkflowSecret
from .version import WorkflowVersion
from .workflow import Workflow, WorkflowCollaborator

__all__ = [
    "FAMILY_MODELS",
    "AppliedEdit",
    "ComponentConfig",
    "Workflow",
    "WorkflowCollaborator",
    "WorkflowEdge",
    "WorkflowNode",
    "WorkflowSecret",
    "WorkflowVersion",
]
