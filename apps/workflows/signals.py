"""What upper apps may want to hear of."""

from __future__ import annotations

from django.dispatch import Signal

workflow_deleted = Signal()
"""A workflow was hidden; `workflow` is its row. Sent inside the transaction."""
