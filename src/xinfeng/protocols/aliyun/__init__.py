"""Alibaba Cloud SMS (dysmsapi, version 2017-05-25): pure requests, answers, receipts and replies.

Requests are signed with ACS3-HMAC-SHA256, which covers the body; the older HMAC-SHA1 over all parameters is what the
vendor's documentation calls V1 and advises against, and no account needs it. What a batch is about travels in a form in
the body, as the vendor's own clients send it: a hundred texts don't fit into an address.
"""

from xinfeng.protocols.aliyun.answers import read_details, read_receipts, read_replies, read_send
from xinfeng.protocols.aliyun.requests import (
    LARGEST_BATCH,
    Credentials,
    Detail,
    query_details,
    send,
)
from xinfeng.protocols.aliyun.signing import authorization

__all__ = [
    "LARGEST_BATCH",
    "Credentials",
    "Detail",
    "authorization",
    "query_details",
    "read_details",
    "read_receipts",
    "read_replies",
    "read_send",
    "send",
]
