"""How much waits for reviewers."""

from __future__ import annotations

from xinfeng.campaigns import wording
from xinfeng.content import review_queue


def waiting_count() -> int:
    """Texts and campaigns that wait: two counts by index."""
    return review_queue.waiting_count() + wording.submitted().count()
