"""Would this channel take this wording? Pure: a wording and a channel's capabilities in, faults out (feature G2).

What a carrier or vendor would refuse message by message, or suspend an account for, is said here before anything is
sent, with the part it is about and what to change. Rules and sources: `channels.capabilities`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from xinfeng.channels.capabilities import SALUTATIONS, Capabilities, LinkInVariable
from xinfeng.content.rendering import Wording
from xinfeng.content.variables import Catalogue
from xinfeng.filings.faults import Fault
from xinfeng.filings.wordings import APART, VARIABLE, Taken, take_apart

_link = re.compile(
    rf"https?://[{VARIABLE}!-~]+|(?:[{VARIABLE}A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}(?::[0-9]+)?"
    rf"(?:[/?#][{VARIABLE}!-~]*)?"
)
_scheme = re.compile(r"https?://")


def faults(
    version: Wording,
    signature: str,
    capabilities: Capabilities,
    *,
    purpose: str,
    catalogue: Catalogue,
    longest_units: int,
) -> tuple[Fault, ...]:
    """Everything about this wording that the channel would not take; empty: it would.

    `longest_units`: no rendering is longer (`content.rendering.Renderer.longest_units`). Raises InvalidInput as
    `content.grammar.parse` does.
    """
    taken = take_apart(version, signature, catalogue)
    return (
        *_signature(signature, capabilities),
        *_variables(taken, capabilities, marketing=purpose == "marketing"),
        *_links(taken, capabilities),
        *_symbols(taken, capabilities, signature),
        *(_marketing(taken, capabilities) if purpose == "marketing" else ()),
        *_length(longest_units, capabilities),
    )


def _signature(signature: str, capabilities: Capabilities) -> Iterator[Fault]:
    shortest, longest = capabilities.signature_length
    if not shortest <= len(signature) <= longest:
        params = {
            "signature": signature, "length": len(signature), "shortest": shortest, "longest": longest
        }  # fmt: skip
        yield Fault("acceptance.signature_length", params, "signature")


def _variables(taken: Taken, capabilities: Capabilities, *, marketing: bool) -> Iterator[Fault]:
    if marketing and not capabilities.variables_allowed and taken.variables:
        yield Fault("acceptance.variables", {"variables": list(taken.variables)}, _part_of_first(taken))
        return
    if not capabilities.adjacent_variables:
        if VARIABLE * 2 in taken.body:
            inside = next((one for one in ("value", "action") if VARIABLE * 2 in taken.part(one)), "value")
            yield Fault("acceptance.adjacent", {}, inside)
        if taken.variables and not any(character.isalnum() for character in taken.body):
            yield Fault("acceptance.only_variables", {}, "text")
    at_most = capabilities.longest_value
    for name, units in taken.longest.items():
        if at_most is not None and units > at_most:
            yield Fault("acceptance.value_too_long", {"variable": name, "units": units, "at_most": at_most})


def _part_of_first(taken: Taken) -> str:
    return "value" if VARIABLE in taken.value else "action"


def _links(taken: Taken, capabilities: Capabilities) -> Iterator[Fault]:
    for part in ("value", "action"):
        for found in _link.finditer(taken.part(part)):
            yield from _one_link(found.group(), part, capabilities)


def _one_link(link: str, part: str, capabilities: Capabilities) -> Iterator[Fault]:
    shown = link.replace(VARIABLE, "{…}")
    host = re.split(r"[/?#:]", _scheme.sub("", link, count=1), maxsplit=1)[0].lower()
    if VARIABLE in link and capabilities.link_in_variable is LinkInVariable.NO:
        yield Fault("acceptance.link_variable", {"link": shown}, part)
    elif VARIABLE in host and capabilities.link_in_variable is LinkInVariable.PATH:
        yield Fault("acceptance.link_whole_variable", {"link": shown}, part)
    known = capabilities.link_domains
    if known and not any(host == domain or host.endswith(f".{domain}") for domain in known):
        domain = host.replace(VARIABLE, "{…}")
        yield Fault("acceptance.link_domain", {"domain": domain, "known": list(known)}, part)


def _symbols(taken: Taken, capabilities: Capabilities, signature: str) -> Iterator[Fault]:
    refused = frozenset(capabilities.symbols_refused)
    if not refused:
        return
    parts = (("signature", signature), ("value", taken.value), ("action", taken.action))
    for part, text in parts:
        plain = text.replace(APART, "")
        marks = tuple((at, at + 1) for at, character in enumerate(plain) if character in refused)
        if marks:
            symbols = list(dict.fromkeys(plain[start:end] for start, end in marks))
            exact = () if VARIABLE in text or APART in text else marks
            yield Fault("acceptance.symbols", {"symbols": symbols}, part, exact)


def _marketing(taken: Taken, capabilities: Capabilities) -> Iterator[Fault]:
    if capabilities.one_way:
        yield Fault("acceptance.one_way", {"wording": taken.opt_out}, "opt_out")
    accepted = capabilities.opt_out_wording
    if accepted and taken.opt_out not in accepted:
        params = {"wording": taken.opt_out, "proposed": accepted[0]}
        yield Fault("acceptance.opt_out", params, "opt_out", ((0, len(taken.opt_out)),))
    if capabilities.salutation_required and not any(word in taken.body for word in SALUTATIONS):
        yield Fault("acceptance.salutation", {}, "value")


def _length(units: int, capabilities: Capabilities) -> Iterator[Fault]:
    if capabilities.most_characters is not None and units > capabilities.most_characters:
        yield Fault("acceptance.too_long", {"units": units, "at_most": capabilities.most_characters}, "text")
