"""What is done with forms: the one place where doors look for it.

Making and publishing is in `drafts`, taking in what people send in `submissions`, coupons in `coupons`.
"""

from __future__ import annotations

from xinfeng.forms.coupons import MOST_AT_ONCE as MOST_COUPONS
from xinfeng.forms.coupons import AddedCoupons, add_coupons
from xinfeng.forms.drafts import close, create_form, findings, publish, reopen, save_draft
from xinfeng.forms.submissions import (
    Attempt,
    Begun,
    Outcome,
    begin_submission,
    confirm_submission,
    note_abuse,
    note_sent,
    note_view,
    send_again,
)

__all__ = [
    "MOST_COUPONS",
    "AddedCoupons",
    "Attempt",
    "Begun",
    "Outcome",
    "add_coupons",
    "begin_submission",
    "close",
    "confirm_submission",
    "create_form",
    "findings",
    "note_abuse",
    "note_sent",
    "note_view",
    "publish",
    "reopen",
    "save_draft",
    "send_again",
]
