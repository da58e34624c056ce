"""Links in a text: where they stand, and what is wrong with their hosts. Sees the normalised text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_SUFFIXES = (
    "com|cn|net|org|top|vip|xyz|cc|io|ly|me|tv|co|info|biz|shop|store|club|online|site|tech|link|ink|ltd|group|work|"
    "fun|live|gov|edu|app|dev|mobi|asia|pro|wang|ren|win|bid|icu|life|world|today|news|one|hk|tw|us|uk|jp|kr|ru|de|"
    "gs|gl|gd|in|to|is|im|la|pw|ai|su|so|ws|tk|ml|ga|cf|eu|ph|mo|sg"
)
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_LINK = re.compile(
    r"(?:https?|ftp)://[^\s\u3400-\u9fff,。!?;:、)】》”\"']+(?::\d+)?(?:[/?#][\x21-\x7e]*)?"
    rf"|(?<![a-z0-9@.\-])(?:{_LABEL}\.){{1,6}}(?:{_SUFFIXES})(?![a-z0-9\-])(?::\d{{2,5}})?(?:[/?#][\x21-\x7e]*)?"
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])(?:/[\x21-\x7e]*)?"
)
_PATH = re.compile(r"[/?#]")
_TRAILING = ".,;:!?)]}>'\""


def link_spans(read: str) -> tuple[tuple[int, int], ...]:
    """Where links stand in a normalised text: with a scheme, or a host with a known suffix, or an IP address."""
    spans = []
    for found in _LINK.finditer(read):
        link = found.group().rstrip(_TRAILING)
        if link:
            spans.append((found.start(), found.start() + len(link)))
    return tuple(spans)


def host_of(link: str) -> str:
    """The host of a link as it is written, without user, port, path."""
    rest = link.partition("://")[2] or link
    rest = _PATH.split(rest, maxsplit=1)[0]
    return rest.rpartition("@")[2].partition(":")[0].rstrip(".")


def has_user(link: str) -> bool:
    """Whether the link names a user before its host: https://known.example@other.example."""
    head = _PATH.split(link.partition("://")[2], maxsplit=1)[0]
    return "@" in head or "%40" in head


@lru_cache(maxsize=4096)
def is_ip(host: str) -> bool:
    """Whether a host is an IPv4 address, written plainly, as one number or in hexadecimal."""
    return re.fullmatch(r"(?:\d{1,3}\.){3}\d{1,3}|\d{8,10}|0x[0-9a-f]{8}", host) is not None


_SECOND_LEVEL = frozenset({"com", "net", "org", "gov", "edu", "ac", "co"})


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The part of a host that somebody registers: shop.example.com.cn gives example.com.cn."""
    labels = host.split(".")
    if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2:
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


_AS_READ = (str.maketrans("01358", "olesb"), str.maketrans("01358", "oiesb"))


@lru_cache(maxsize=4096)
def imitated(host: str, known: Sequence[str]) -> str | None:
    """The known domain that a host pretends to be; None: it is itself, or nothing like any of them.

    Three pretences: digits for letters (ta0bao.com), the name in front of another domain (taobao.com.vip.top),
    the name with an addition (taobao-vip.top, names of five letters and more).
    """
    domain = registrable(host)
    if domain in known:
        return None
    name = domain.split(".", maxsplit=1)[0]
    for one in known:
        theirs = one.split(".", maxsplit=1)[0]
        if name != theirs and theirs in (name.replace("rn", "m"), *map(name.translate, _AS_READ)):
            return one
        if f".{host}".find(f".{one}.") >= 0:
            return one
        if len(theirs) >= 5 and theirs in name.split("-") and "-" in name:
            return one
    return None


def within(host: str, domains: Sequence[str]) -> bool:
    """Whether a host is one of `domains` or below one of them."""
    return any(host == one or host.endswith(f".{one}") for one in domains)
