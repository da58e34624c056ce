"""What the codes of Alibaba Cloud SMS mean for sending on (reference, section 7.5). Pure.

`isp.SYSTEM_ERROR` is called retryable by the vendor, whose interface is not idempotent: whoever sends again may send
twice. Here such a message is uncertain, and its receipt settles it.
"""

from __future__ import annotations

from xinfeng.protocols.vendor import NOT_TAKEN


def is_ambiguous(code: str) -> bool:
    """The vendor failed while it worked, or has met this very request before: it may have sent.

    We use no nonce twice. Where one is known already, somebody on the way has sent our request again, and what became of
    the first time was answered to them.
    """
    return code.startswith("isp.SYSTEM_ERROR") or code in _FAILED


def is_about_one(code: str) -> bool:
    """About a number or a text, not the account: the others of the same batch may still be taken."""
    return code in _ABOUT_ONE


_FAILED = frozenset(
    {"InternalError", "ServiceUnavailable", "ServiceTimeout", "isp.UNKNOWN_ERR_CODE", "SignatureNonceUsed"}
)
_ABOUT_ONE = frozenset(
    {
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.SMS_CONTENT_ILLEGAL",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    }
)


def is_about_account(code: str) -> bool:
    """Nothing this account asks will be taken until somebody has put something right: keys, permission, balance, caps, the
    clock, or what stands between us and the vendor and answers in its place."""
    return code in _ABOUT_ACCOUNT or code.startswith(_ABOUT_KEYS)


_ABOUT_KEYS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidTimeStamp",
    "Forbidden",
    "InvalidAction",
    "InvalidVersion",
    "InvalidSecurityToken",
    "UnsupportedHTTPMethod",
    NOT_TAKEN,
)
_ABOUT_ACCOUNT = frozenset(
    {
        "isp.RAM_PERMISSION_DENY",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.ACCOUNT_ABNORMAL",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.OUT_OF_SERVICE",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.DENY_IP_RANGE",
    }
)
