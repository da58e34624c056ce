"""What the codes of Tencent Cloud SMS mean for sending on (reference, section 8.4). Pure.

The vendor calls `InternalError.*` retryable; among them are time-outs behind its own door, after which a message may
have left. Here such a message is uncertain, and its receipt settles it.
"""

from __future__ import annotations

from xinfeng.protocols.vendor import NOT_TAKEN


def is_ambiguous(code: str) -> bool:
    """The vendor failed while it worked; it may have sent."""
    return code.startswith("InternalError") and code not in _REFUSED_AT_THE_DOOR


def is_about_one(code: str) -> bool:
    """About a number or a text, not the account."""
    return code in _ABOUT_ONE or code.startswith("LimitExceeded.PhoneNumber")


_ABOUT_ONE = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.ContainSensitiveWord",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        "FailedOperation.PhoneNumberParseFail",
        "FailedOperation.JsonParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
    }
)


def is_about_account(code: str) -> bool:
    """Nothing this account asks will be taken until somebody has put something right: keys, permission, balance, caps."""
    return code in _ABOUT_ACCOUNT or code in _REFUSED_AT_THE_DOOR or code.startswith(_ABOUT_KEYS)


_ABOUT_KEYS = (
    "AuthFailure",
    "UnauthorizedOperation",
    "IpNotInWhitelist",
    "IpInBlacklist",
    "ActionOffline",
    "InvalidAction",
    "NoSuchVersion",
    "NoSuchProduct",
    "UnsupportedRegion",
    "UnsupportedProtocol",
    NOT_TAKEN,
)
_REFUSED_AT_THE_DOOR = frozenset(
    {
        "InternalError.SigFieldMissing",
        "InternalError.SigVerificationFail",
        "InternalError.RestApiInterfaceNotExist",
        "InternalError.RequestTimeException",
    }
)
_ABOUT_ACCOUNT = frozenset(
    {
        "FailedOperation.InsufficientBalanceInSmsPackage",
        "InvalidParameterValue.SdkAppIdNotExist",
        "LimitExceeded.AppDailyLimit",
        "LimitExceeded.AppMainlandChinaDailyLimit",
        "LimitExceeded.AppGlobalDailyLimit",
        "FailedOperation.MarketingSendTimeConstraint",
    }
)
