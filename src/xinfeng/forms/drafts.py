"""Making, changing, publishing and closing forms. Each one transaction, audited."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.consent.models import Notice
from xinfeng.contacts.models import Attribute
from xinfeng.forms import checks, starting
from xinfeng.forms.checks import Finding, Known, KnownAttribute, KnownNotice
from xinfeng.forms.design import Design, read, say, to_json
from xinfeng.forms.models import LONGEST_SLUG, Form, FormKind, FormState, FormVersion, Prize, PrizeKind
from xinfeng.foundation import audit
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

LONGEST_NAME = 60
_SLUG = re.compile(rf"[a-z0-9][a-z0-9-]{{1,{LONGEST_SLUG - 1}}}")


def create_form(*, slug: str, name: str, kind: str, actor: str, now: datetime) -> Form:
    """A form with what such forms usually have. Raises InvalidInput `form.slug`, `form.name`, `form.kind`, Conflict
    `form.slug_taken`."""
    _check_name(name)
    if not _SLUG.fullmatch(slug):
        raise InvalidInput("form.slug", longest=LONGEST_SLUG)
    if kind not in FormKind.values:
        raise InvalidInput("form.kind", kind=kind[:20])
    draft = to_json(starting.design_of(kind, name))
    try:
        with transaction.atomic():
            form = Form.objects.create(
                slug=slug,
                name=name.strip(),
                kind=kind,
                draft=draft,
                created_by=actor,
                created_at=now,
                updated_at=now,
            )
            audit.record(actor=actor, action="form.create", kind="form", subject=form.pk, slug=slug)
    except IntegrityError:
        raise Conflict("form.slug_taken", slug=slug) from None
    return form


def save_draft(form_id: int, design: Mapping[str, Any], *, now: datetime, name: str | None = None) -> Design:
    """Keep a draft, finished or not; people go on seeing what was published. Not audited: a draft does nothing, and
    the builder keeps it with every letter. Raises NotFound `form.unknown`,
    InvalidInput `form.design` (path), `form.twice`, `form.name`."""
    found = read(design)
    if name is not None:
        _check_name(name)
    with transaction.atomic():
        form = _locked(form_id)
        form.draft = to_json(found)
        form.name = name.strip() if name is not None else form.name
        form.updated_at = now
        form.save(update_fields=["draft", "name", "updated_at"])
    return found


def known_for(form: Form, *, codes_ready: bool) -> Known:
    """What the rest of the house has, for checking a form's draft."""
    pools = Prize.objects.filter(form=form, kind=PrizeKind.POOL).values_list("key", "stock")
    return Known(
        attributes={one.key: KnownAttribute(one.kind, one.sensitive) for one in Attribute.objects.all()},
        notices={
            one.pk: KnownNotice(one.purpose, one.effective_at, one.outdated, one.text)
            for one in Notice.objects.all()
        },
        pools={key: stock or 0 for key, stock in pools},
        codes_ready=codes_ready,
    )


def findings(form: Form, *, codes_ready: bool, now: datetime) -> tuple[list[Finding], list[Finding]]:
    """What stands in the way of publishing the draft, and what should be known before."""
    design, known = read(form.draft), known_for(form, codes_ready=codes_ready)
    return checks.faults(design, known, now=now), checks.remarks(design, known)


def publish(form_id: int, *, codes_ready: bool, actor: str, now: datetime) -> FormVersion:
    """Let the public see the draft as a version that never changes; opens the form if it was closed.

    `codes_ready`: whether codes could be sent (`delivery.code_messages.ready`). Raises InvalidInput `form.unready`
    (faults: codes with paths), Conflict `form.prize_kind`, `form.stock_below_taken` (prize), `form.unchanged`.
    """
    with transaction.atomic():
        form = _locked(form_id)
        wrong, _ = findings(form, codes_ready=codes_ready, now=now)
        if wrong:
            raise InvalidInput("form.unready", faults=[one.code for one in wrong], count=len(wrong))
        design = read(form.draft)
        content = to_json(design)
        digest = digest_of(content)
        before = FormVersion.objects.filter(form=form).order_by("-number").first()
        if before is not None and bytes(before.digest) == digest and form.state == FormState.PUBLISHED:
            raise Conflict("form.unchanged", number=before.number)
        _stock_up(form, design)
        version = FormVersion.objects.create(
            form=form,
            number=before.number + 1 if before else 1,
            design=content,
            digest=digest,
            published_at=now,
            published_by=actor,
        )
        form.current, form.state, form.updated_at = version, FormState.PUBLISHED, now
        form.save(update_fields=["current", "state", "updated_at"])
        audit.record(
            actor=actor,
            action="form.publish",
            kind="form",
            subject=form_id,
            version=version.number,
            digest=digest.hex(),
        )
    return version


def digest_of(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of a design's JSON, keys in order, without spaces."""
    return hashlib.sha256(
        json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).digest()


def close(form_id: int, *, actor: str, now: datetime) -> Form:
    """Take nothing more in. Who holds a code may still enter it. Raises Conflict `form.state`."""
    return _turn(form_id, FormState.PUBLISHED, FormState.CLOSED, "form.close", actor=actor, now=now)


def reopen(form_id: int, *, actor: str, now: datetime) -> Form:
    """Go on with the version published last. Raises Conflict `form.state`."""
    return _turn(form_id, FormState.CLOSED, FormState.PUBLISHED, "form.reopen", actor=actor, now=now)


def _turn(
    form_id: int, before: FormState, after: FormState, action: str, *, actor: str, now: datetime
) -> Form:
    with transaction.atomic():
        form = _locked(form_id)
        if form.state != before:
            raise Conflict("form.state", state=form.state)
        form.state, form.updated_at = after, now
        form.save(update_fields=["state", "updated_at"])
        audit.record(actor=actor, action=action, kind="form", subject=form_id)
    return form


def _stock_up(form: Form, design: Design) -> None:
    """Let the rows with stock follow the design; what was taken stays taken."""
    there = {one.key: one for one in Prize.objects.select_for_update().filter(form=form).order_by("pk")}
    for plan in design.incentive.prizes:
        name = say(plan.name, design.language)
        row = there.get(plan.key)
        if row is None:
            Prize.objects.create(form=form, key=plan.key, kind=plan.kind, name=name, stock=plan.stock)
            continue
        if row.kind != plan.kind:
            raise Conflict("form.prize_kind", prize=name)
        stock = row.stock if row.kind == PrizeKind.POOL else plan.stock
        if stock is not None and stock < row.taken:
            raise Conflict("form.stock_below_taken", prize=name, taken=row.taken)
        row.name, row.stock = name, stock
        row.save(update_fields=["name", "stock"])


def _locked(form_id: int) -> Form:
    form = Form.objects.select_for_update().filter(pk=form_id).first()
    if form is None:
        raise NotFound("form.unknown", id=form_id)
    return form


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput("form.name", longest=LONGEST_NAME)


def settle_attributes(design: Design, attributes: Sequence[Attribute]) -> Design:
    """The design with its custom attributes as they are declared now: kind, sensitivity, choices."""
    by_key = {one.key: one for one in attributes}
    settled = []
    for one in design.fields:
        attribute = by_key.get(one.attribute or "")
        if attribute is None:
            settled.append(one)
            continue
        choices = one.choices
        if attribute.kind == "choice" and [say(choice, "zh-hans") for choice in choices] != attribute.choices:
            choices = tuple(
                {language: str(name) for language in design.languages} for name in attribute.choices
            )
        settled.append(
            replace(one, kind=type(one.kind)(attribute.kind), sensitive=attribute.sensitive, choices=choices)
        )
    return replace(design, fields=tuple(settled))
