"""Writes of the content slice: signatures, templates and their versions. Each is one transaction, and audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from xinfeng.content import reads
from xinfeng.content.checks import check_signature, check_wording
from xinfeng.content.marks import MEDIA
from xinfeng.content.models import RichMedia, Signature, Template, TemplateVersion
from xinfeng.content.rendering import LONGEST_DEFAULT, Draft
from xinfeng.content.rich import (
    CheckedRich,
    check_rich,
    media_of,
    offers_opt_out,
    read_rich,
    to_json,
    with_opt_out,
)
from xinfeng.content.values import clean_text
from xinfeng.foundation import audit
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.protocols.maap.messages import RichFault, RichMessage

LONGEST_NAME = 80
"""consent.Purpose; consent is another room on this floor."""
TRADES = ("retail", "education", "catering", "finance", "government", "baby", "medicine", "property", "other")
"""policy.Trade; policy is a floor above."""


def add_signature(text: str, *, hotline: str = "", actor: str) -> Signature:
    """Add a brand's signature. Raises InvalidInput (`checks.check_signature`), Conflict `signature.exists`."""
    text, hotline = check_signature(text, hotline)
    try:
        with transaction.atomic():
            signature = Signature.objects.create(text=text, hotline=hotline)
            audit.record(
                actor=actor,
                action="content.signature_added",
                kind="signature",
                subject=signature.pk,
                text=text,
            )
    except IntegrityError:
        raise Conflict("signature.exists", text=text) from None
    return signature


def edit_signature(signature_id: int, *, hotline: str, enabled: bool, actor: str) -> Signature:
    """Change the hotline, or take the signature out of use. Its text never changes: texts were filed with it."""
    with transaction.atomic():
        signature = Signature.objects.select_for_update().filter(pk=signature_id).first()
        if signature is None:
            raise NotFound("signature.unknown", id=signature_id)
        _, signature.hotline = check_signature(signature.text, hotline)
        signature.enabled = enabled
        signature.save(update_fields=["hotline", "enabled"])
        audit.record(
            actor=actor,
            action="content.signature_edited",
            kind="signature",
            subject=signature.pk,
            enabled=enabled,
        )
    return signature


def save_template(
    *,
    name: str,
    purpose: str,
    signature_id: int,
    value: str,
    action: str = "",
    opt_out: str = "",
    defaults: Mapping[str, str] | None = None,
    trade: str = "retail",
    template_id: int | None = None,
    actor: str,
) -> TemplateVersion:
    """Save a wording as a new version, of a new template or of `template_id`. The same wording again adds none.

    Purpose can't change once a template has versions: consent and channel depend on it. Raises InvalidInput
    as `checks.check_wording` does, `template.name`, `template.purpose`, `template.trade`; NotFound
    `template.unknown`, `signature.unknown`; Conflict `template.name_taken`, `template.purpose_fixed`,
    `signature.disabled`.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput("template.name", at_most=LONGEST_NAME)
    if purpose not in MESSAGE_PURPOSES:
        raise InvalidInput("template.purpose", purpose=purpose[:20], known=list(MESSAGE_PURPOSES))
    if trade not in TRADES:
        raise InvalidInput("template.trade", trade=trade[:20], known=list(TRADES))
    signature = _usable_signature(signature_id)
    draft = Draft(value, action, opt_out, defaults or {})
    checked = check_wording(draft, signature, purpose=purpose, catalogue=reads.catalogue())
    try:
        with transaction.atomic():
            author = User.objects.filter(username=actor).first()
            template = _template(template_id, name=name, purpose=purpose, trade=trade, owner=author)
            last = template.versions.order_by("-number").first()
            rich = last.rich if last else None
            kept = _with_defaults_of_face(checked.draft, defaults or {}, last)
            return _add_version(template, signature, kept, rich=rich, author=author, actor=actor)
    except IntegrityError:
        raise Conflict("template.name_taken", name=name) from None


def save_rich(template_id: int, rich: Mapping[str, Any] | None, *, actor: str) -> TemplateVersion:
    """Give a template another 5G face, or none, as a new version with the wording it has. The same again adds none.

    Raises NotFound `template.unknown`; InvalidInput `rich.shape`, `rich.too_large`, and `rich.faults` with `faults`
    (dicts of where, code and params) for what a platform would not take or a reader would miss. A marketing face that
    offers no way to refuse gets one (`rich.with_opt_out`).
    """
    version = reads.newest_version(template_id)
    made = None
    if rich is not None:
        ready = fit(read_rich(rich), version)
        if ready.faults:
            raise InvalidInput("rich.faults", faults=[asdict(fault) for fault in ready.faults])
        made = to_json(ready.message)
    with transaction.atomic():
        author = User.objects.filter(username=actor).first()
        template = Template.objects.select_for_update().get(pk=template_id)
        _, draft = _wording_of(version)
        return _add_version(template, version.signature, draft, rich=made, author=author, actor=actor)


def fit(message: RichMessage, version: TemplateVersion) -> CheckedRich:
    """A face as it would be kept with that wording (pictures as they are, a way to refuse), and all that stops it."""
    message, unknown = _known_media(message)
    message = with_opt_out(message, version.opt_out)
    checked = check_rich(message, defaults=version.defaults, catalogue=reads.catalogue())
    found = [*checked.faults, *unknown]
    if version.opt_out and not offers_opt_out(message, version.opt_out):
        found.append(RichFault("chips", "rich.no_opt_out"))
    return replace(checked, faults=tuple(found))


def _known_media(message: RichMessage) -> tuple[RichMessage, list[RichFault]]:
    """With each picture's kind and size as they are kept, whatever was said of them; and a fault for each card whose
    picture is not kept (`rich.media_unknown`)."""
    asked = media_of(message)
    kept = {one.pk: one for one in RichMedia.objects.filter(pk__in=asked).defer("octets")} if asked else {}
    cards, unknown = [], []
    for index, card in enumerate(message.cards):
        media = card.media
        if media is not None and media.url.startswith(MEDIA):
            found = kept.get(media.url.removeprefix(MEDIA))
            if found is None:
                unknown.append(RichFault(f"cards.{index}.media", "rich.media_unknown"))
            else:
                card = replace(card, media=replace(media, content_type=found.content_type, size=found.size))
        cards.append(card)
    return replace(message, cards=tuple(cards)), unknown


def archive_template(template_id: int, *, archived: bool, actor: str) -> Template:
    """Take a template out of the library, or back in. Campaigns that use it are not touched."""
    with transaction.atomic():
        template = Template.objects.select_for_update().filter(pk=template_id).first()
        if template is None:
            raise NotFound("template.unknown", id=template_id)
        template.archived = archived
        template.save(update_fields=["archived", "updated_at"])
        done = "content.template_archived" if archived else "content.template_restored"
        audit.record(actor=actor, action=done, kind="template", subject=template.pk)
    return template


def _usable_signature(signature_id: int) -> Signature:
    signature = Signature.objects.filter(pk=signature_id).first()
    if signature is None:
        raise NotFound("signature.unknown", id=signature_id)
    if not signature.enabled:
        raise Conflict("signature.disabled", id=signature_id)
    return signature


def _template(
    template_id: int | None, *, name: str, purpose: str, trade: str, owner: User | None
) -> Template:
    if template_id is None:
        return Template.objects.create(name=name, purpose=purpose, trade=trade, owner=owner)
    template = Template.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise NotFound("template.unknown", id=template_id)
    if template.purpose != purpose:
        raise Conflict("template.purpose_fixed", purpose=template.purpose)
    template.name, template.trade = name, trade
    template.save(update_fields=["name", "trade", "updated_at"])
    return template


def _add_version(
    template: Template,
    signature: Signature,
    draft: Draft,
    *,
    rich: dict[str, Any] | None,
    author: User | None,
    actor: str,
) -> TemplateVersion:
    last = template.versions.order_by("-number").first()
    if last is not None and _wording_of(last) == (signature.pk, draft) and last.rich == rich:
        return last
    number = (template.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = TemplateVersion.objects.create(
        template=template,
        number=number,
        signature=signature,
        value=draft.value,
        action=draft.action,
        opt_out=draft.opt_out,
        defaults=dict(draft.defaults),
        rich=rich,
        author=author,
    )
    audit.record(
        actor=actor, action="content.version_saved", kind="template", subject=template.pk, version=number
    )
    return version


def _with_defaults_of_face(draft: Draft, given: Mapping[str, str], last: TemplateVersion | None) -> Draft:
    """With the defaults that only the 5G face uses: a wording that no longer needs one must not take it away."""
    if last is None or not last.rich:
        return draft
    kept = dict(draft.defaults)
    for name in check_rich(read_rich(last.rich), defaults=last.defaults, catalogue=reads.catalogue()).used:
        text = clean_text(str(given.get(name) or last.defaults.get(name) or ""), LONGEST_DEFAULT)
        if text and name not in kept:
            kept[name] = text
    return replace(draft, defaults=kept)


def _wording_of(version: TemplateVersion) -> tuple[int, Draft]:
    return version.signature_id, Draft(version.value, version.action, version.opt_out, version.defaults)
