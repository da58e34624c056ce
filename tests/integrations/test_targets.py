"""Deliveries go only where anybody could send them, unless an administrator said otherwise."""

from __future__ import annotations

import socket

import pytest

from xinfeng.integrations.webhooks import posting, targets
from xinfeng.integrations.webhooks.targets import check_url, resolve
from xinfeng.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_private_addresses_are_refused(host):
    with pytest.raises(InvalidInput, match="webhook.private"):
        check_url(f"https://{host}/", allow_private=False)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "[fe80::1]", "[::ffff:169.254.169.254]"]
)
def test_some_are_refused_whoever_allows_them(host):
    with pytest.raises(InvalidInput, match="webhook.private"):
        check_url(f"http://{host}/", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com/#x",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: 1",
        "https://example.com\\@127.0.0.1/",
        "https://[::1",
        "https://example.com/" + "x" * 500,
        "javascript:alert(1)",
        "https://" + "a" * 64 + ".com/",
    ],
)
def test_addresses_that_are_none_are_refused(url):
    with pytest.raises(InvalidInput, match="webhook.url"):
        check_url(url, allow_private=False)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "0177.0.0.1"])
def test_other_spellings_of_the_loopback_are_refused_when_looked_up(host):
    with pytest.raises(InvalidInput):
        resolve(f"https://{host}/", allow_private=False)


def test_a_name_is_looked_up_once_and_all_of_its_addresses_are_checked(monkeypatch):
    asked = []

    def answers(*addresses: str):
        def look_up(host, port, **_):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

        return look_up

    monkeypatch.setattr(targets.socket, "getaddrinfo", answers("93.184.216.34"))
    target = resolve("https://Example.com:8443/a b".replace(" ", "%20") + "?q=茶", allow_private=False)
    assert target == targets.Target(True, "example.com", 8443, "93.184.216.34", "/a%20b?q=%E8%8C%B6")
    monkeypatch.setattr(targets.socket, "getaddrinfo", answers("93.184.216.34", "10.0.0.1"))
    with pytest.raises(InvalidInput, match="webhook.private"):
        resolve("https://example.com/", allow_private=False)
    assert asked == ["example.com", "example.com"]


def test_a_name_that_leads_nowhere_is_an_answer_too(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("no such host")

    monkeypatch.setattr(targets.socket, "getaddrinfo", fail)
    answer = posting.post("https://nowhere.example/", b"{}", {}, allow_private=False)
    assert (answer.status, answer.error, answer.arrived) == (0, "webhook.unresolvable", False)


def test_nobody_listening_is_an_answer_too():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = posting.post(f"http://127.0.0.1:{port}/", b"{}", {}, allow_private=True)
    assert (answer.status, answer.error) == (0, "connection")


def test_an_endless_trickle_is_cut_off(monkeypatch):
    monkeypatch.setattr(posting, "PATIENCE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = posting.post(f"http://127.0.0.1:{port}/", b"{}", {}, allow_private=True)
    assert answer.status == 0 and answer.error in ("connection", "timeout")
