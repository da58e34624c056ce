"""What waits for a reviewer, oldest first, with what makes it risky; from what was kept when it was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, OuterRef, QuerySet, Subquery

from xinfeng.content import evidence as proofs
from xinfeng.content.judging import Claim, claim_key, claim_of
from xinfeng.content.models import ReviewState, TemplateVersion, VersionReview
from xinfeng.content.review import Judgement
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day
from xinfeng.screening.rules import Outcome

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Risk:
    """Findings by outcome. `unproven`: claims without a proof when it was judged."""

    block: int = 0
    unproven: int = 0
    proven: int = 0
    remark: int = 0

    @property
    def stops(self) -> bool:
        return bool(self.block or self.unproven)


def risk_of(row: VersionReview, proven_since: Iterable[Claim] = ()) -> Risk:
    """What a review's row kept, counted; `proven_since`: claims for which a proof was attached afterwards."""
    counts = {"block": 0, "evidence": 0, "remark": 0}
    claims = set()
    for one in row.findings:
        counts[one["outcome"]] += 1
        if one["outcome"] == "evidence":
            claims.add((one["rule"], claim_key(one["matched"])))
    proven = len(claims & {*((one["rule"], one["claim"]) for one in row.evidence), *proven_since})
    return Risk(counts["block"], len(claims) - proven, proven, counts["remark"])


def risk_now(judgement: Judgement) -> Risk:
    """The same of a judgement."""
    outcomes = [one.outcome for one in judgement.judged.findings]
    claims = {claim_of(one) for one in judgement.judged.claims}
    proven = len(claims & set(judgement.proofs))
    return Risk(outcomes.count(Outcome.BLOCK), len(claims) - proven, proven, outcomes.count(Outcome.REMARK))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that waits. `asked` is the row with which it was asked for; `risk` knows the proofs attached since."""

    version: TemplateVersion
    asked: VersionReview
    risk: Risk

    @property
    def since(self) -> datetime:
        return self.asked.at


def queue(*, at: datetime, limit: int = MOST_SHOWN) -> list[Waiting]:
    """Versions in review, oldest first."""
    found = _waiting().select_related("version__template", "version__signature", "version__author")
    rows = list(found.order_by("id")[:limit])
    day = business_day(at, xinfeng_settings.load().zone)
    attached = proofs.attached([row.version_id for row in rows])
    waiting = []
    for row in rows:
        good = attached.get(row.version_id, ())
        trade = row.version.template.trade
        proven = [(one.rule, one.claim_key) for one in good if proofs.usable(one, trade=trade, day=day)]
        waiting.append(Waiting(row.version, row, risk_of(row, proven)))
    return waiting


def waiting_count() -> int:
    return _waiting().count()


def decided(*, limit: int = 50) -> list[VersionReview]:
    """What was decided last, newest first."""
    rows = VersionReview.objects.filter(
        state__in=(ReviewState.APPROVED, ReviewState.RETURNED, ReviewState.BLOCKED)
    )
    return list(rows.select_related("version__template").order_by("-id")[:limit])


def _waiting() -> QuerySet[VersionReview]:
    """Rows that hold, of the newest version of a template that is in use."""
    latest = VersionReview.objects.filter(version=OuterRef("version")).order_by("-id")
    newest = (
        TemplateVersion.objects.filter(template=OuterRef("version__template"))
        .values("template")
        .annotate(last=Max("number"))
    )
    return VersionReview.objects.filter(
        state=ReviewState.IN_REVIEW,
        version__template__archived=False,
        pk=Subquery(latest.values("pk")[:1]),
        version__number=Subquery(newest.values("last")[:1]),
    )
