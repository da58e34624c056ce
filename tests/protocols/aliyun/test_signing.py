"""ACS3-HMAC-SHA256 against the vendor's own example and one computed independently."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.protocols.aliyun import Credentials, query_details, send
from xinfeng.protocols.aliyun.signing import canonical_request, credential, proves, signature
from xinfeng.protocols.vendor import Templated

EMPTY = hashlib.sha256(b"").hexdigest()

VECTORS = [
    pytest.param(
        "YourAccessKeySecret",
        {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-version": "2014-05-26",
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-content-sha256": EMPTY,
        },
        {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        id="documentation",
    ),
    pytest.param(
        "testsecret",
        {
            "host": "dysmsapi.aliyuncs.com",
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": "2024-01-02T03:04:05Z",
            "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
            "x-acs-content-sha256": EMPTY,
        },
        {
            "PhoneNumbers": "13800138000",
            "SignName": "阿里云短信测试",
            "TemplateCode": "SMS_154950909",
            "TemplateParam": '{"code":"1234"}',
        },
        "ca605739200e2aa51707a43531a84bd089e4c69c9ec24632a0494afc03e2be86",
        "be2a5f1a0a1072d2896b0624dccdeb59ef2f827024aaa0030c5192dcdad05fb4",
        id="sms",
    ),
]


@pytest.mark.parametrize(("secret", "headers", "query", "canonical_hash", "expected"), VECTORS)
def test_the_published_examples_come_out(
    secret: str, headers: dict[str, str], query: dict[str, str], canonical_hash: str, expected: str
) -> None:
    canonical, _ = canonical_request("POST", query=query, headers=headers, body=b"")
    assert hashlib.sha256(canonical.encode()).hexdigest() == canonical_hash
    assert signature(secret, canonical) == expected


WHO = Credentials("LTAI-test", "dysmsapi.aliyuncs.com", "a-secret")
NOW = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)

values = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@given(values, st.text("0123456789", max_size=4), st.integers(1, 3))
def test_what_is_sent_proves_the_secret_and_nothing_of_it_may_change(
    value: str, extension: str, count: int
) -> None:
    texts = [(f"1380013800{n}", Templated("SMS_1", "信风", ("name",), (value,))) for n in range(count)]
    request = send(WHO, texts, extension=extension, ours="xf-1", now=NOW, nonce="n1")
    headers = dict(request.headers)
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    given_proof = {"query": query, "headers": headers, "body": request.body}
    assert credential(headers["authorization"]) == "LTAI-test"
    assert proves("POST", secret="a-secret", **given_proof)
    assert not proves("POST", secret="another", **given_proof)
    assert not proves("POST", secret="a-secret", **given_proof | {"body": request.body + b"&x=1"})
    assert not proves("POST", secret="a-secret", **given_proof | {"query": query | {"TemplateCode": "SMS_2"}})
    assert not proves(
        "POST", secret="a-secret", **given_proof | {"headers": headers | {"x-acs-action": "Other"}}
    )


def test_neither_secret_nor_number_nor_signature_is_printed() -> None:
    request = query_details(WHO, "13800138000", day=NOW.date(), now=NOW, nonce="n")
    shown = f"{request!r} {WHO!r}"
    assert "a-secret" not in shown and "13800138000" not in shown and "Signature" not in shown
    assert "a-secret" not in request.target + str(request.headers)
