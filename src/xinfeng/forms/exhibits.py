"""What forms show behind the ledger's evidence: the submission an entry names, and the page that was read.

Two files of a bundle: `form_submissions` has a line for each entry; `form_pages` has the text of each page, once for
up to 1,000 entries, so that the bundle of a campaign does not grow by a page a person. The SHA-256 of `page` in UTF-8
is the `page_sha256` that the entry's own evidence names, so anybody can check that this is what was read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xinfeng.consent.exhibits import Exhibitor, Reference
from xinfeng.forms.evidence import snapshot
from xinfeng.forms.models import Submission

PREFIX = "form:"
_named = re.compile(r"submission ([0-9]{1,18});").match


def _submissions(references: Sequence[Reference]) -> Iterator[tuple[int, Submission]]:
    """The submission each entry names, as long as the entry came from its form."""
    named = {one.seq: int(found[1]) for one in references if (found := _named(one.evidence))}
    wanted = set(named.values())
    known = Submission.objects.select_related("form", "version").in_bulk(list(wanted))
    for one in references:
        submission = known.get(named.get(one.seq, 0))
        if submission is not None and submission.form.source == one.source:
            yield one.seq, submission


def _show_submissions(references: Sequence[Reference]) -> Iterator[Mapping[str, Any]]:
    for seq, one in _submissions(references):
        yield {
            "seq": seq,
            "submission": one.pk,
            "form": one.form.slug,
            "kind": one.form.kind,
            "version": one.version.number,
            "version_published_at": one.version.published_at.isoformat(),
            "design_sha256": bytes(one.version.digest).hex(),
            "language": one.language,
            "page_sha256": bytes(one.page_digest).hex(),
            "ticked": list(one.purposes),
            "granted": list(one.granted),
            "confirmed_by_code": one.confirmed,
            "sent_in_at": one.created_at.isoformat(),
            "completed_at": one.completed_at.isoformat() if one.completed_at else None,
        }


def _show_pages(references: Sequence[Reference]) -> Iterator[Mapping[str, Any]]:
    shown: set[tuple[int, str]] = set()
    for seq, one in _submissions(references):
        which = (one.version_id, one.language)
        if which in shown:
            continue
        shown.add(which)
        page = snapshot(one.version, one.language)
        yield {
            "seq": seq,
            "form": one.form.slug,
            "version": one.version.number,
            "language": one.language,
            "page_sha256": hashlib.sha256(page.encode()).hexdigest(),
            "page": page,
        }


EXHIBITORS = (
    Exhibitor("form_submissions", PREFIX, _show_submissions),
    Exhibitor("form_pages", PREFIX, _show_pages),
)
