"""What one campaign has of its channel: which carriers' readers may be written to, and what stops it as a whole.

`terms_for` is asked before the gates (the carriers go into them), `bulk_faults` once the number of messages is known.
What was relied on is kept as JSON with the plan, so that explain can show it a year later, and `lapses` compares it with
what is in force now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xinfeng.channels.models import RICH_KINDS, Channel
from xinfeng.content.models import Signature, TemplateVersion
from xinfeng.content.reads import catalogue
from xinfeng.content.rendering import Renderer
from xinfeng.content.rich import media_of, read_rich
from xinfeng.filings.acceptance import faults as acceptance_faults
from xinfeng.filings.accounts import same_account, source_number
from xinfeng.filings.faults import Fault
from xinfeng.filings.matching import matches, read_filed
from xinfeng.filings.models import BulkFiling, FilingState, SignatureFiling, TemplateFiling
from xinfeng.filings.wordings import specimens
from xinfeng.kernel.errors import InvalidInput

ALL_CARRIERS = frozenset((1, 2, 3, 4))


@dataclass(frozen=True, slots=True)
class Relied:
    """A filing that was in force: of which kind, with which carrier (0: none in particular), under which number."""

    filing_id: int
    number: str
    carrier: int = 0
    effective_on: date | None = None
    expires_on: date | None = None
    at_most: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.filing_id,
            "number": self.number,
            "carrier": self.carrier,
            "effective_on": self.effective_on.isoformat() if self.effective_on else None,
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "at_most": self.at_most,
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """`filed_carriers` None: the channel demands no filed signature. `faults` stop the campaign. `bulk`: the numbers in
    force by day, for the days asked about; None: not demanded."""

    day: date
    signature: str
    channel: str
    filed_carriers: frozenset[int] | None
    signatures: tuple[Relied, ...] = ()
    template: Relied | None = None
    bulk: Mapping[date, tuple[Relied, ...]] | None = None
    faults: tuple[Fault, ...] = ()

    def to_json(self, *, bulk_days: Iterable[date] = ()) -> dict[str, Any]:
        """What is kept with the plan; `bulk_days`: the peak days whose numbers it relies on."""
        carriers = self.filed_carriers
        numbers = {one.filing_id: one for day in bulk_days for one in (self.bulk or {}).get(day, ())}
        return {
            "day": self.day.isoformat(),
            "signature": self.signature,
            "channel": self.channel,
            "carriers": None if carriers is None else sorted(carriers),
            "signatures": [one.to_json() for one in self.signatures],
            "template": self.template.to_json() if self.template else None,
            "bulk": [one.to_json() for one in numbers.values()],
        }

    def bulk_faults(
        self, peaks: Mapping[date, str], messages: Mapping[date, int], *, threshold: int
    ) -> dict[date, Fault]:
        """The peak days on which so many messages may not go, with what is missing. `messages`: of that day over this
        channel, other campaigns included."""
        if self.bulk is None:
            return {}
        found = {}
        for day, name in peaks.items():
            count = messages.get(day, 0)
            if count > threshold and (fault := self._bulk_fault(day, name, count, threshold)) is not None:
                found[day] = fault
        return found

    def _bulk_fault(self, day: date, name: str, messages: int, threshold: int) -> Fault | None:
        assert self.bulk is not None
        numbers = self.bulk.get(day, ())
        if any(one.at_most is None or one.at_most >= messages for one in numbers):
            return None
        params = {"day": day.isoformat(), "name": name, "channel": self.channel, "messages": messages}
        if not numbers:
            return Fault("filing.bulk_missing", {**params, "threshold": threshold})
        widest = max(numbers, key=lambda one: one.at_most or 0)
        return Fault("filing.bulk_exceeded", {**params, "number": widest.number, "at_most": widest.at_most})


def terms_for(
    signature: Signature,
    channel: Channel,
    version: TemplateVersion | None = None,
    *,
    day: date,
    days: Iterable[date] = (),
) -> Terms:
    """`filed_for`, and whether the channel would take the wording. Raises InvalidInput as `content.grammar.parse` does."""
    terms = filed_for(signature, channel, version, day=day, days=days)
    if version is None:
        return terms
    faults = (*terms.faults, *_acceptance(version, channel), *card_faults(version, channel))
    return replace(terms, faults=faults)


def card_faults(version: TemplateVersion, channel: Channel) -> list[Fault]:
    """What a channel for 5G messages lacks to carry this version."""
    if channel.kind not in RICH_KINDS:
        return []
    if version.rich is None:
        params = {
            "channel": channel.name,
            "template": version.template.name,
            "version": version.number,
        }
        return [Fault("acceptance.no_card", params)]
    if media_of(read_rich(version.rich)) and not channel.config.get("media_address"):
        return [Fault("acceptance.media_address", {"channel": channel.name})]
    return []


def filed_for(
    signature: Signature,
    channel: Channel,
    version: TemplateVersion | None = None,
    *,
    day: date,
    days: Iterable[date] = (),
) -> Terms:
    """What is in force on `day`, the business day of sending. `days`: those for which numbers of bulk sending are looked
    up. Without a version (texts of the product's own, such as codes) only the signature is looked at."""
    takes = channel.takes
    terms = Terms(day, signature.text, channel.name, None)
    if takes.signature_filing:
        terms = _with_signature(terms, signature, channel, day)
    if version is None:
        return terms
    if takes.template_filing:
        terms = _with_template(terms, version, channel, day)
    if takes.bulk_filing and version.template.purpose == "marketing":
        terms = replace(terms, bulk=_numbers(channel, {day, *days}))
    return terms


def in_force(signature_id: int, channel: Channel, day: date) -> list[SignatureFiling]:
    """The filings of a signature that hold over this channel on `day`, its own before those of its account."""
    found = SignatureFiling.objects.filter(signature_id=signature_id, state=FilingState.IN_FORCE)
    port = source_number(channel)
    holding = [
        one
        for one in found.select_related("channel").order_by("carrier", "pk")
        if one.state_on(day) is FilingState.IN_FORCE
        and port.endswith(one.port)
        and (one.channel_id == channel.pk or (one.whole_account and same_account(one.channel, channel)))
    ]
    return sorted(holding, key=lambda one: (one.carrier, one.channel_id != channel.pk, one.pk))


def _with_signature(terms: Terms, signature: Signature, channel: Channel, day: date) -> Terms:
    by_carrier: dict[int, Relied] = {}
    for one in in_force(signature.pk, channel, day):
        by_carrier.setdefault(
            one.carrier, Relied(one.pk, one.number, one.carrier, one.effective_on, one.expires_on)
        )
    faults = terms.faults
    if not by_carrier:
        params = {"signature": signature.text, "channel": channel.name}
        faults = (*faults, Fault("filing.signature_none", params))
    return replace(
        terms, filed_carriers=frozenset(by_carrier), signatures=tuple(by_carrier.values()), faults=faults
    )


def _with_template(terms: Terms, version: TemplateVersion, channel: Channel, day: date) -> Terms:
    filing = (
        TemplateFiling.objects.filter(version=version, channel=channel)
        .exclude(state=FilingState.WITHDRAWN)
        .first()
    )
    params = {"channel": channel.name, "template": version.template.name, "version": version.number}
    if filing is None:
        return replace(terms, faults=(*terms.faults, Fault("filing.template_missing", params)))
    state = filing.state_on(day)
    if state is not FilingState.IN_FORCE:
        waiting = Fault("filing.template_waiting", params)
        return replace(terms, faults=(*terms.faults, waiting))
    relied = Relied(filing.pk, filing.number, 0, filing.effective_on, filing.expires_on)
    terms = replace(terms, template=relied)
    if not fits_filed(version, filing.text, longest_value=channel.takes.longest_value):
        differs = Fault("filing.template_differs", {"channel": channel.name, "number": filing.number})
        return replace(terms, faults=(*terms.faults, differs))
    return terms


def fits_filed(version: TemplateVersion, text: str, *, longest_value: int | None) -> bool:
    """Whether whatever this version renders is the filed text with values for its variables; never, for a version that
    can't be read any more."""
    filed = read_filed(text)
    try:
        return all(
            matches(filed, one, longest_value=longest_value)
            for one in specimens(version, version.signature.text, catalogue())
        )
    except InvalidInput:
        return False


def _numbers(channel: Channel, days: Iterable[date]) -> dict[date, tuple[Relied, ...]]:
    wanted = sorted(set(days))
    found = BulkFiling.objects.filter(
        channel=channel, state=FilingState.IN_FORCE, first_day__lte=wanted[-1], last_day__gte=wanted[0]
    )
    numbers = [one for one in found.order_by("pk") if one.number]
    return {
        day: tuple(
            Relied(one.pk, one.number, 0, one.first_day, one.last_day, one.at_most)
            for one in numbers
            if one.first_day <= day <= one.last_day and one.state_on(day) is FilingState.IN_FORCE
        )
        for day in wanted
    }


def _acceptance(version: TemplateVersion, channel: Channel) -> tuple[Fault, ...]:
    known = catalogue()
    return acceptance_faults(
        version,
        version.signature.text,
        channel.takes,
        purpose=version.template.purpose,
        catalogue=known,
        longest_units=Renderer(version, version.signature, catalogue=known).longest_units,
    )


def lapses(relied_on: Mapping[str, Any], terms: Terms, *, planned_for: Iterable[date] = ()) -> list[str]:
    """What a plan relied on (`Terms.to_json`; {}: nothing was demanded then) that is not in force any more, as codes:
    `signature`, `template`, `bulk` (for a day of `planned_for`, those that are left). A demand that is new binds too."""
    lapsed = []
    carriers = relied_on.get("carriers")
    needed = ALL_CARRIERS if carriers is None else frozenset(carriers)
    if terms.filed_carriers is not None and not needed <= terms.filed_carriers:
        lapsed.append("signature")
    if any(fault.code.startswith("filing.template_") for fault in terms.faults):
        lapsed.append("template")
    if terms.bulk is not None and any(
        not any(one.filing_id == number["id"] for one in terms.bulk.get(day, ()))
        for number in relied_on.get("bulk") or ()
        for day in planned_for
        if number["effective_on"] <= day.isoformat() <= number["expires_on"]
    ):
        lapsed.append("bulk")
    return lapsed
