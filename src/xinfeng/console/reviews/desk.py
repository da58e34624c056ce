"""The queue: templates and campaigns that wait for a reviewer, oldest first; and what was decided lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from xinfeng.campaigns import wording
from xinfeng.console.permissions import allowed
from xinfeng.console.reviews.labels import STATES, tabs
from xinfeng.content import review, review_queue
from xinfeng.content.models import TemplateVersion
from xinfeng.content.review_queue import Risk
from xinfeng.kernel.time import utc_now


@dataclass(frozen=True)
class Row:
    """One thing that waits. `campaign`: its name, where a campaign waits; its text is then that of `version`."""

    url: str
    campaign: str
    version: TemplateVersion
    since: datetime
    by: str
    risk: Risk
    state: str
    own: bool
    """Whether the reader wrote it, so that somebody else approves it."""

    @property
    def text(self) -> str:
        return f"【{self.version.signature.text}】{self.version.value} {self.version.action}"


@require_safe
@allowed("template.view")
def page(request: HttpRequest) -> HttpResponse:
    """Everything that waits, oldest first."""
    me = request.user.get_username()
    rows = sorted([*_texts(me), *_campaigns(me)], key=lambda one: one.since)
    context = {"rows": rows, "tabs": tabs("reviews", {"reviews": len(rows)})}
    return render(request, "reviews/desk.html", context)


@require_safe
@allowed("template.view")
def done(request: HttpRequest) -> HttpResponse:
    """What was decided lately, newest first."""
    rows = [(row, *STATES[row.state]) for row in review_queue.decided()]
    return render(request, "reviews/done.html", {"rows": rows, "tabs": tabs("reviews.done")})


def _texts(me: str) -> list[Row]:
    return [
        Row(
            url=reverse("reviews.version", args=[one.version.pk]),
            campaign="",
            version=one.version,
            since=one.since,
            by=one.asked.actor,
            risk=one.risk,
            state="in_review",
            own=me in (one.asked.actor, one.version.author.username if one.version.author else ""),
        )
        for one in review_queue.queue(at=utc_now())
    ]


def _campaigns(me: str) -> list[Row]:
    waiting = wording.waiting(at=utc_now())
    states = review.states_of([one.version.pk for one in waiting])
    return [
        Row(
            url=reverse("campaigns.review", args=[one.campaign.pk]),
            campaign=one.campaign.name,
            version=one.version,
            since=one.since,
            by=one.by,
            risk=one.risk,
            state=states[one.version.pk].state if one.version.pk in states else "draft",
            own=me in (one.by, one.campaign.author.username if one.campaign.author else ""),
        )
        for one in waiting
    ]
