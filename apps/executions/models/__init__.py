"""Executions, their journal, what they wait for, what starts them, and what they send."""

from .conversation import Conversation, ConversationMessage
from .delivery import Delivery
from .execution import PARKED, TERMINAL, ExecutionLog, Status, StoredValue, WorkflowExecution
from .inbound import TelegramBot, TriggerEvent
from .task import ASKED, PendingTask, TaskAnswer, new_token

__all__ = [
    "ASKED",
    "PARKED",
    "TERMINAL",
    "Conversation",
    "ConversationMessage",
    "Delivery",
    "ExecutionLog",
    "PendingTask",
    "Status",
    "StoredValue",
    "TaskAnswer",
    "TelegramBot",
    "TriggerEvent",
    "WorkflowExecution",
    "new_token",
]
