"""Tencent Cloud SMS (version 2021-01-11): pure requests, answers, receipts and replies. Signed with TC3-HMAC-SHA256."""

from xinfeng.protocols.tencent.answers import (
    read_pulled_receipts,
    read_pulled_replies,
    read_receipts,
    read_replies,
    read_send,
)
from xinfeng.protocols.tencent.requests import (
    LARGEST_BATCH,
    LARGEST_PULL,
    Credentials,
    ask_about,
    pull_receipts,
    pull_replies,
    send,
)
from xinfeng.protocols.tencent.signing import authorization

__all__ = [
    "LARGEST_BATCH",
    "LARGEST_PULL",
    "Credentials",
    "ask_about",
    "authorization",
    "pull_receipts",
    "pull_replies",
    "read_pulled_receipts",
    "read_pulled_replies",
    "read_receipts",
    "read_replies",
    "read_send",
    "send",
]
