"""TC3-HMAC-SHA256 against the manual's examples and one computed independently."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.protocols.tencent import Credentials, ask_about, send
from xinfeng.protocols.tencent.signing import canonical_request, credential, proves, signature
from xinfeng.protocols.vendor import Templated

CVM = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
SMS = (
    '{"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "TemplateId": "1234", '
    '"SignName": "腾讯云", "TemplateParamSet": ["1234"]}'
).encode()
TWO = ("content-type", "host")
THREE = ("content-type", "host", "x-tc-action")
H_TWO = "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
H_THREE = "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
H_SMS = "7387fc6d854d0c7ada70778d8bf2f9dc7a85e9a2b6cb2a8406dbd49e00b98f7d"
MASKED = "Gu5t9xGARNpq86cd98joQYCN3*******"
CVM_HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "host": "cvm.tencentcloudapi.com",
    "x-tc-action": "DescribeInstances",
}
SMS_HEADERS = {"content-type": "application/json", "host": "sms.tencentcloudapi.com"}

VECTORS = [
    (MASKED, TWO, H_TWO, "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"),
    (
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        TWO,
        H_TWO,
        "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
    ),
    (MASKED, THREE, H_THREE, "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"),
    ("*" * 32, THREE, H_THREE, "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"),
]


@pytest.mark.parametrize(("secret", "signed", "canonical_hash", "expected"), VECTORS)
def test_the_published_examples_come_out(
    secret: str, signed: tuple[str, ...], canonical_hash: str, expected: str
) -> None:
    canonical = canonical_request(CVM_HEADERS, CVM, signed=signed)
    assert hashlib.sha256(canonical.encode()).hexdigest() == canonical_hash
    assert signature(secret, canonical, service="cvm", timestamp=1551113065) == expected


def test_a_short_message_is_signed_as_computed_elsewhere() -> None:
    canonical = canonical_request(SMS_HEADERS, SMS, signed=TWO)
    assert hashlib.sha256(canonical.encode()).hexdigest() == H_SMS
    assert (
        signature("SKEXAMPLE", canonical, service="sms", timestamp=1704164645)
        == "d74a5de4af6d5e087db941dd447460a3e69ed2eeee2c06713d8d062c219a5fe3"
    )


WHO = Credentials("AKID-test", "1400006666", "ap-guangzhou", "sms.tencentcloudapi.com", "a-secret")
NOW = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_what_is_sent_proves_the_secret_and_nothing_of_it_may_change(value: str) -> None:
    text = Templated("1234", "信风", ("1",), (value,))
    request = send(WHO, ["13800138000"], text, extension="", ours="xf", now=NOW)
    headers = dict(request.headers)
    assert credential(headers["authorization"]) == "AKID-test"
    assert proves(secret="a-secret", service="sms", headers=headers, body=request.body)
    assert not proves(secret="another", service="sms", headers=headers, body=request.body)
    assert not proves(secret="a-secret", service="sms", headers=headers, body=request.body + b" ")
    stale = headers | {"x-tc-timestamp": str(int(headers["x-tc-timestamp"]) + 1)}
    assert not proves(secret="a-secret", service="sms", headers=stale, body=request.body)


def test_neither_secret_nor_number_nor_signature_is_printed() -> None:
    request = ask_about(WHO, "13800138000", since=NOW, now=NOW)
    shown = f"{request!r} {WHO!r}"
    assert "a-secret" not in shown and "13800138000" not in shown and "Signature" not in shown
    assert b"a-secret" not in request.body and "a-secret" not in str(request.headers)
