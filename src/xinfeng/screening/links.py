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
_LURES = (
    "cn|com|vip|wap|pay|mall|shop|store|card|bank|safe|gov|kefu|service|login|verify|id|app|online|club|help|hb|jf|yhq|fl|"
    "quan|lingquan|youhui|huodong|jiangli|hongbao|jifen|baitiao|jinrong|licai|daikuan|etc|kd|yb|sb|shebao|yibao|pos|m|www|"
    "hk|user|center|account|secure|update|gift|win|act|cs|tk|bt|jinku|dk|xyk|ka|wy|wangyin|anquan|renzheng|shenhe|tuikuan"
)
_ADDED = re.compile(rf"(?:-?(?:{_LURES}|\d{{1,4}}))+")
_FOR_NOTHING = frozenset(
    {
        "top",
        "vip",
        "xyz",
        "cc",
        "shop",
        "icu",
        "club",
        "online",
        "site",
        "win",
        "bid",
        "fun",
        "live",
        "pw",
        "ink",
        "link",
    }
    | {"tk", "ml", "ga", "cf", "work", "ren", "wang", "store", "life", "world", "info", "one"}
)
"""Endings that are given away or nearly so, where imitations live."""

_COMMON_WORDS = frozenset({"vip", "boc"})
"""Names of brands that are words or initials of many others: nothing added to them is an imitation."""


_ALIKE = frozenset(
    {"il", "li", "uv", "vu", "mn", "nm", "oc", "co", "oq", "gq", "qg", "ec", "ce", "ao", "oa", "ij", "ji"}
)
"""Letters that are taken for each other at a glance."""


@lru_cache(maxsize=4096)
def imitated(host: str, known: Sequence[str]) -> str | None:
    """The known domain that a host pretends to be; None: it is itself, or nothing like any of them.

    Pretences: digits for letters (ta0bao.com); the name in front of another domain (taobao.com.vip.top,
    douyin.mall-vip.shop); the name with an addition (taobao-vip.top, icbc-card.cc, taobao618.top); the name misspelt
    by one letter (tmalll.com, pinduodo.com) or with two letters swapped (taoboa.com).
    """
    domain = registrable(host)
    if domain in known:
        return None
    if _feigns_government(host):
        return "gov.cn"
    name, _dot, ending = domain.partition(".")
    below = host.removesuffix(domain).split(".")
    readings = tuple(dict.fromkeys((name, name.replace("rn", "m"), *map(name.translate, _AS_READ))))
    for one in known:
        theirs = one.split(".", maxsplit=1)[0]
        if name != theirs and theirs in readings:
            return one
        if f".{host}".find(f".{one}.") >= 0:
            return one
        if len(theirs) >= 5 and any("-" in read and theirs in read.split("-") for read in readings):
            return one
        if theirs in _COMMON_WORDS:
            continue
        if any(_with_addition(read, theirs) or _misspelt(read, theirs) for read in readings):
            return one
        if len(theirs) >= 4 and theirs in below and ending in _FOR_NOTHING:
            return one
    return None


_GOVERNMENT = re.compile(r"(?:^|[.\-])gov(?:[.\-]|$)")


def _feigns_government(host: str) -> bool:
    """Whether `gov` stands in a host that is nobody's under gov.cn or gov: only states give those out."""
    return (
        not host.endswith((".gov.cn", ".gov")) and host != "gov.cn" and _GOVERNMENT.search(host) is not None
    )


def _with_addition(name: str, theirs: str) -> bool:
    """Whether a name is a brand and what lures: at once for names of three letters and more, behind a sign for two."""
    if not name.startswith(theirs) or name == theirs:
        return False
    added = name[len(theirs) :]
    return (len(theirs) >= 3 or added[0] == "-") and _ADDED.fullmatch(added) is not None


def _misspelt(name: str, theirs: str) -> bool:
    """Whether a name is a brand with a letter doubled or left out or two neighbours swapped, or of seven letters
    and more with one that is taken for another."""
    if name == theirs or name[:1] != theirs[:1] or len(theirs) < 5 or not theirs.isalpha():
        return False
    if len(name) == len(theirs) + 1:
        return any(
            name[at] == name[at - 1] and name[:at] + name[at + 1 :] == theirs for at in range(1, len(name))
        )
    if _swapped(name, theirs):
        return True
    if len(theirs) < 7:
        return False
    if len(name) == len(theirs) - 1:
        return any(theirs[:at] + theirs[at + 1 :] == name for at in range(1, len(theirs)))
    if len(name) != len(theirs):
        return False
    changed = [f"{a}{b}" for a, b in zip(name, theirs, strict=True) if a != b]
    return len(changed) == 1 and changed[0] in _ALIKE


def _swapped(name: str, theirs: str) -> bool:
    """Whether two neighbouring letters of a brand changed places: taoboa."""
    return len(name) == len(theirs) and any(
        name == theirs[:at] + theirs[at + 1] + theirs[at] + theirs[at + 2 :] for at in range(len(theirs) - 1)
    )


def within(host: str, domains: Sequence[str]) -> bool:
    """Whether a host is one of `domains` or below one of them."""
    return any(host == one or host.endswith(f".{one}") for one in domains)
