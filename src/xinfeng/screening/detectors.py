"""What is found by looking at more than words: links, mobile numbers, brackets. Each belongs to a rule in `data/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from xinfeng.screening.compiling import Judge
from xinfeng.screening.disguises import ways
from xinfeng.screening.links import has_user, host_of, imitated, is_ip, link_spans, registrable, within
from xinfeng.screening.normalising import Normalised
from xinfeng.screening.rules import REACH
from xinfeng.screening.spans import Spans


class Surroundings(NamedTuple):
    """A text on its way through the detectors. `links` are places in the normalised text."""

    text: str
    normalised: Normalised
    links: Sequence[tuple[int, int]]
    in_links: Spans | None
    harmless: set[str]
    """Schemes and hosts, written plainly, in which nothing was found; filled as texts are judged."""

    domains: Sequence[str]
    """Domains the deployment has filed; empty: no list is kept."""


class Detected(NamedTuple):
    """Something found: its place in the normalised text."""

    judge: Judge
    start: int
    end: int
    params: Mapping[str, Any]
    ways: Sequence[str] = ()


def detect(around: Surroundings, judges: Mapping[str, Judge]) -> Iterator[Detected]:
    """Everything the detectors of the rules in `judges` (by the name of their detector) find."""
    if around.links:
        for start, end in around.links:
            yield from _link(around, judges, start, end)
    read = around.normalised.text
    yield from _spaced(read, judges)
    if "】" in read or "【" in read:
        yield from _brackets(read, judges)
    yield from _mobiles(around, judges)


# Links

_Check = Callable[[str, str, Surroundings, int, int, Judge], "dict[str, Any] | None"]


def _link(around: Surroundings, judges: Mapping[str, Judge], start: int, end: int) -> Iterator[Detected]:
    link = around.normalised.text[start:end]
    plain = around.text[start:end] == link
    head = _PATH.split(link.replace("://", "\0", 1), maxsplit=1)[0]
    if plain and head in around.harmless:
        return
    host = host_of(link)
    found = False
    for name, check in _LINK_CHECKS.items():
        judge = judges.get(name)
        if judge is not None and (params := check(link, host, around, start, end, judge)) is not None:
            found = True
            yield Detected(judge, start, end, {"domain": host, **params})
    if plain and not found and not is_ip(host) and len(around.harmless) < _MOST_HARMLESS:
        around.harmless.add(head)


_PATH = re.compile("[/?#]")
_MOST_HARMLESS = 10_000
_VERSION = re.compile(r"(版本号?|固件|系统|升级[到至]|更新[到至]|(?<![a-z])v|ver\.?)[^,。!?;]{0,3}$")
"""Before four numbers that are those of a version."""


def _plain(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    return {} if link.startswith(("http://", "ftp://")) else None


def _written(around: Surroundings, start: int, end: int) -> Sequence[str]:
    """How the characters of a link were disguised."""
    first, last = around.normalised.span(start, end)
    if around.text[first:last] == around.normalised.text[start:end]:
        return ()
    return ways(around.text, first, last)


def _lookalike(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    if any(label.startswith("xn--") for label in host.split(".")):
        return {}
    if "look_alike" in _written(around, start, end):
        return {}
    known = imitated(host, judge.rule.domains)
    return {"imitates": known} if known else None


def _shortener(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    return {} if registrable(host) in judge.rule.domains or host in judge.rule.domains else None


def _ip(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    if not is_ip(host):
        return None
    if link == host and _VERSION.search(around.normalised.text[max(0, start - REACH) : start]):
        return None
    return {}


def _disguised(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    disguised = set(_written(around, start, end)) - {"look_alike"}
    return {"ways": sorted(disguised)} if has_user(link) or disguised else None


def _unfiled(
    link: str, host: str, around: Surroundings, start: int, end: int, judge: Judge
) -> dict[str, Any] | None:
    return {} if around.domains and not is_ip(host) and not within(host, around.domains) else None


_LINK_CHECKS: dict[str, _Check] = {
    "link_plain": _plain,
    "link_lookalike": _lookalike,
    "link_shortener": _shortener,
    "link_ip": _ip,
    "link_disguised": _disguised,
    "link_unfiled": _unfiled,
}


_SPACED = re.compile(r"(?<![a-z0-9:/.\-])[a-z0-9:/.\-](?: [a-z0-9:/.\-]){5,}")
"""Six signs in a row, each by itself: h t t p s : / / j d . c o m."""


def _spaced(read: str, judges: Mapping[str, Judge]) -> Iterator[Detected]:
    """Links of which the letters stand apart, so that nobody takes them for one."""
    judge = judges.get("link_disguised")
    if judge is None or "." not in read:
        return
    for found in _SPACED.finditer(read):
        joined = found.group().replace(" ", "")
        if "." in joined and link_spans(joined):
            yield Detected(judge, found.start(), found.end(), {"domain": host_of(joined), "ways": ["split"]})


# Brackets

_SIGNATURE = re.compile("【[^【】]{1,40}】")
_BRACKETS = re.compile("【[^【】]{0,40}】|[【】]")


def _brackets(read: str, judges: Mapping[str, Judge]) -> Iterator[Detected]:
    judge = judges.get("brackets")
    if judge is None:
        return
    signature = _SIGNATURE.match(read)
    for found in _BRACKETS.finditer(read, signature.end() if signature else 0):
        yield Detected(judge, found.start(), found.end(), {})


# Mobile numbers

_ELEVEN = re.compile(r"1[ \-·]{0,2}[3-9][ \-·]{0,2}\d[ \-·]{0,2}\d[ \-·]{0,2}\d")
_MOBILE = re.compile(r"(?<![\d.])1(?:[ \-·]{0,2}[3-9])(?:[ \-·]{0,2}\d){9}(?![\d.]\d|\d)")
_AS_DIGITS = str.maketrans(
    "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖ol|", "00123456789" + "1" + "123456789" + "011"
)
_ODD = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖ol|"
_DISGUISED_RUN = re.compile(rf"(?<![\da-z])[1lo一幺壹|](?:[\W_]{{0,3}}[\d{_ODD}]){{10}}(?![\d{_ODD}])")
_RULED = re.compile(r"(?<![\d.])1[3-9]\d(?P<rule>[一丨|\u4e28ーㄧil/\\_.~]{1,2})\d{4}(?P=rule)\d{4}(?!\d)")
"""A number in its three groups with one sign between them that is no sign: 139一2345一6789."""

_MAY_BE_DISGUISED = re.compile(
    rf"[{_ODD}][\W_]{{0,3}}[{_ODD}\d][\W_]{{0,3}}[{_ODD}\d][\W_]{{0,3}}[{_ODD}\d]"
    rf"|\d[\W_]{{0,3}}[{_ODD}][\W_]{{0,3}}\d|\d[*_.~/]{{1,3}}\d[*_.~/]{{1,3}}\d"
)


def _mobiles(around: Surroundings, judges: Mapping[str, Judge]) -> Iterator[Detected]:
    judge = judges.get("mobile")
    if judge is None:
        return
    read = around.normalised.text
    plain = [found.span() for found in _MOBILE.finditer(read)] if _ELEVEN.search(read) else []
    for start, end in plain:
        if _meant(judge, read, start, end, around):
            yield Detected(judge, start, end, {}, _written(around, start, end))
    if _MAY_BE_DISGUISED.search(read) is None:
        return
    known = Spans(plain)
    for found in _RULED.finditer(read):
        if _meant(judge, read, *found.span(), around):
            yield Detected(judge, *found.span(), {}, ("split",))
    for found in _DISGUISED_RUN.finditer(read):
        start, end = found.span()
        digits = re.sub(r"[\W_]", "", found.group().replace("|", "l")).translate(_AS_DIGITS)
        if (
            not known.overlap(start, end)
            and re.fullmatch(r"1[3-9]\d{9}", digits)
            and _meant(judge, read, start, end, around)
        ):
            yield Detected(judge, start, end, {}, ("split",))


def _meant(judge: Judge, read: str, start: int, end: int, around: Surroundings) -> bool:
    if around.in_links is not None and around.in_links.cover(start, end):
        return False
    return judge.accepts(read[max(0, start - REACH) : start], read[start:end], read[end : end + REACH])
