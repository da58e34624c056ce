"""The builder: one long page, every change kept, beside it the page as a phone shows it.

It works without scripts: each button sends the whole form, changes one thing and comes back. With them, htmx keeps
the draft while one types and renews the preview.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.consent import purposes
from xinfeng.consent.models import Notice
from xinfeng.console.forms.labels import (
    COVERS,
    FINDINGS,
    ODDS_RANGE,
    PRIZE_KINDS,
    PROFILE_FIELDS,
    QUESTION_KINDS,
    crumbs,
)
from xinfeng.console.forms.reading import moved, percent_of, read_design
from xinfeng.console.middleware import CONTENT_SECURITY_POLICY
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.contacts.models import Attribute
from xinfeng.delivery import code_messages
from xinfeng.forms import actions, checks, reads
from xinfeng.forms.checks import Finding
from xinfeng.forms.design import LANGUAGES, Design, read, say, to_json
from xinfeng.forms.models import Form
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

LANGUAGE_NAMES = {"zh-hans": "中文", "en": "English"}
GROUPS = {"fields": ("fields",), "boxes": ("boxes",), "prizes": ("incentive", "prizes")}
NOTICES_PAGE = "consents.new"
ANCHORS = {"fields": "#fields", "boxes": "#boxes", "prizes": "#incentive"}
WITH_FRAME = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("form.edit")
def edit(request: HttpRequest, form_id: int) -> HttpResponse:
    """The builder. A POST keeps the draft after doing what its button says."""
    form = reads.form_of(form_id)
    raw, fault = form.draft, None
    if request.method == "POST":
        raw = read_design(request.POST)
        do = request.POST.get("do", "save")
        _do(raw, do)
        try:
            _keep(request, form, raw)
        except InvalidInput as refused:
            fault = refused
        else:
            if do == "save":
                messages.success(request, _("草稿已保存。公众看到的仍是已发布的版本。"))
            group = do.split(":")[1] if ":" in do else ""
            return redirect(reverse("forms.edit", args=[form_id]) + ANCHORS.get(group, ""))
    response = render(request, "forms/builder.html", _context(form, raw, fault), status=422 if fault else 200)
    response["Content-Security-Policy"] = WITH_FRAME
    return response


@require_POST
@allowed("form.edit")
def keep(request: HttpRequest, form_id: int) -> HttpResponse:
    """What htmx sends while one types: keep the draft, answer with the preview and what is still missing.

    Rows come and go by buttons only. What has other rows than the draft was overtaken by a button, or by a
    colleague, and is not kept.
    """
    form = reads.form_of(form_id)
    raw = read_design(request.POST)
    fault = None
    with transaction.atomic():  # a button pressed meanwhile waits, or is seen
        if _same_rows(raw, Form.objects.select_for_update().get(pk=form.pk).draft):
            try:
                _keep(request, form, raw)
            except InvalidInput as refused:
                fault = refused
    form.refresh_from_db()
    return render(request, "forms/beside.html", {"form": form, **_beside(form, fault)})


def _same_rows(raw: dict[str, Any], draft: dict[str, Any]) -> bool:
    """Whether both have the same rows in the same order; all prizes may go at once, with the choice of none."""

    def keys(rows: list[dict[str, Any]], name: str) -> list[Any]:
        return [one.get(name) for one in rows]

    prizes, kept = raw["incentive"]["prizes"], draft["incentive"]["prizes"]
    return (
        keys(raw["fields"], "key") == keys(draft["fields"], "key")
        and keys(raw["boxes"], "purpose") == keys(draft["boxes"], "purpose")
        and (not prizes or not kept or keys(prizes, "key") == keys(kept, "key"))
    )


def _keep(request: HttpRequest, form: Form, raw: dict[str, Any]) -> Design:
    name = request.POST.get("name", form.name)
    return actions.save_draft(form.pk, raw, name=name, now=utc_now())


def _do(raw: dict[str, Any], do: str) -> None:
    """`add:fields:name`, `up:fields:2`, `down:boxes:0`, `remove:prizes:1`; anything else does nothing."""
    verb, _colon, rest = do.partition(":")
    group, _colon, what = rest.partition(":")
    path = GROUPS.get(group)
    if path is None:
        return
    holder = raw if len(path) == 1 else raw[path[0]]
    rows = holder[path[-1]]
    if verb == "add":
        rows.append(_new_row(group, what, rows))
    elif what.isdigit() and int(what) < len(rows):
        at = int(what)
        if verb == "remove":
            del rows[at]
        elif verb in ("up", "down"):
            holder[path[-1]] = moved(rows, at, -1 if verb == "up" else 1)


def _new_row(group: str, what: str, rows: list[Any]) -> dict[str, Any]:
    if group == "boxes":
        return {"purpose": what, "label": {}, "notices": {}}
    if group == "prizes":
        return {"key": _free("p", [one["key"] for one in rows]), "kind": what, "name": {}}
    if what.startswith("attr_"):
        found = Attribute.objects.filter(key=what.removeprefix("attr_")).first()
        if found is not None:
            label = {"zh-hans": found.label} | ({"en": found.label_en} if found.label_en else {})
            choices = [dict.fromkeys(LANGUAGES, str(one)) for one in found.choices]
            return {
                "key": what,
                "kind": found.kind,
                "label": label,
                "sensitive": found.sensitive,
                "choices": choices,
            }
    if what in QUESTION_KINDS:
        return {"key": _free("q_", [one["key"] for one in rows]), "kind": what, "label": {}}
    return {"key": what}


def _free(prefix: str, taken: list[str]) -> str:
    return next(f"{prefix}{number}" for number in range(1, 200) if f"{prefix}{number}" not in taken)


def _context(form: Form, raw: dict[str, Any], fault: InvalidInput | None) -> dict[str, Any]:
    languages = [one for one in LANGUAGES if one in raw.get("languages", ())] or ["zh-hans"]
    shown = raw if fault else to_json(read(raw))
    return {
        "form": form,
        "raw": shown,
        "name": form.name,
        "languages": [(code, LANGUAGE_NAMES[code], code in languages) for code in LANGUAGES],
        "texts": [
            ("title", _("标题"), 1, _texts(shown.get("title", {}), languages)),
            ("intro", _("介绍"), 3, _texts(shown.get("intro", {}), languages)),
            ("button", _("按钮"), 1, _texts(shown.get("button", {}), languages)),
            ("success", _("提交成功后"), 2, _texts(shown.get("success", {}), languages)),
            ("help_text", _("收不到验证码时的联系方式"), 1, _texts(shown.get("help_text", {}), languages)),
        ],
        "fields": [_field_row(at, one, languages) for at, one in enumerate(shown["fields"])],
        "boxes": [_box_row(at, one, languages) for at, one in enumerate(shown["boxes"])],
        "prizes": [_prize_row(at, one, languages) for at, one in enumerate(shown["incentive"]["prizes"])],
        "mode": "lottery"
        if shown["incentive"]["lottery"]
        else ("one" if shown["incentive"]["prizes"] else "none"),
        "modes": [("none", _("不设奖励")), ("one", _("人人有")), ("lottery", _("抽奖"))],
        "only_for": shown["incentive"]["only_for"],
        "opens_at": _local(shown.get("opens_at")),
        "closes_at": _local(shown.get("closes_at")),
        "origins": "\n".join(map(str, shown.get("origins", ()))),
        "covers": list(COVERS.items()),
        "notices_page": NOTICES_PAGE,
        "more_fields": _more_fields(shown["fields"]),
        "question_kinds": list(QUESTION_KINDS.items()),
        "more_boxes": _more_boxes(shown["boxes"]),
        "prize_kinds": list(PRIZE_KINDS.items()),
        "crumbs": crumbs(form),
        **_beside(form, fault),
    }


def _beside(form: Form, fault: InvalidInput | None) -> dict[str, Any]:
    """The preview, what stands in the way of publishing, what should be known, what it will cost."""
    wrong, told = actions.findings(form, codes_ready=code_messages.ready(), now=utc_now())
    design = read(form.draft)
    return {
        "fault": sentence(fault) if fault else "",
        "fault_path": fault.params.get("path", "") if fault else "",
        "wrong": _unique(wrong),
        "told": [(words, checks.SOURCES.get(code, "")) for code, words in _unique(told)],
        "stamp": int(form.updated_at.timestamp() * 1000),
        "preview_languages": design.languages,
        "odds_sum": percent_of(design.incentive.odds_sum_ppm) if design.incentive.lottery else "",
        "odds_fault": "" if 0 < design.incentive.odds_sum_ppm <= 1_000_000 else ODDS_RANGE,
        "cost_fen": ceil(design.incentive.expected_cost_fen()) if design.incentive.prizes else None,
        "ceiling_fen": _ceiling_fen(design),
    }


def _ceiling_fen(design: Design) -> int | None:
    """What all prizes together cost if every one is given; None where one has no end."""
    prizes = [one for one in design.incentive.prizes if one.value_fen]
    if not prizes or any(one.stock is None for one in prizes):
        return None
    return sum((one.stock or 0) * one.value_fen for one in prizes)


def _unique(found: list[Finding]) -> list[tuple[str, Any]]:
    return [(code, FINDINGS[code]) for code in dict.fromkeys(one.code for one in found)]


def _texts(words: Any, languages: list[str]) -> list[tuple[str, str, str, bool]]:
    """Language, its name, the text, whether it is shown; what is not shown is carried along."""
    return [(code, LANGUAGE_NAMES[code], words.get(code, ""), code in languages) for code in LANGUAGES]


def _field_row(at: int, one: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    key = one.get("key", "")
    kind = one.get("kind", "text")
    built_in = key in PROFILE_FIELDS
    attribute = key.startswith("attr_")
    called = PROFILE_FIELDS[key] if built_in else say(one.get("label", {}), get_language() or "zh-hans")
    choices = one.get("choices", ())
    return {
        **one,
        "at": at,
        "place": f"fields-{at}-",
        "called": called or _("未命名的问题"),
        "note": "" if built_in else (_("自定义属性") if attribute else QUESTION_KINDS.get(kind, kind)),
        "built_in": built_in,
        "attribute": attribute,
        "fixed": key == "phone",
        "texts": _texts(one.get("label", {}), languages),
        "choosing": kind in ("choice", "choices") and not built_in,
        "choices_texts": [
            (
                code,
                LANGUAGE_NAMES[code],
                "\n".join(choice.get(code, "") for choice in choices),
                code in languages,
            )
            for code in LANGUAGES
        ],
    }


def _box_row(at: int, one: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    purpose = one.get("purpose", "")
    offered = Notice.objects.filter(purpose=purpose, outdated=False).order_by("key", "-effective_at", "-pk")
    notices = [(notice.pk, f"{notice.key} {notice.version}", notice.text) for notice in offered]
    chosen = one.get("notices", {})
    return {
        **one,
        "at": at,
        "place": f"boxes-{at}-",
        "called": purposes.names(english=_english()).get(purpose, purpose),
        "texts": _texts(one.get("label", {}), languages),
        "choices": [
            (code, LANGUAGE_NAMES[code], [(pk, name, pk == chosen.get(code)) for pk, name, _text in notices])
            for code in languages
        ],
        "carried": [(code, chosen[code]) for code in LANGUAGES if code not in languages and code in chosen],
        "shown": next((text for pk, _name, text in notices if pk == chosen.get(languages[0])), ""),
        "none": not notices,
    }


def _prize_row(at: int, one: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    value = one.get("value_fen") or 0
    return {
        **one,
        "at": at,
        "place": f"prizes-{at}-",
        "called": PRIZE_KINDS.get(one.get("kind", ""), ""),
        "texts": _texts(one.get("name", {}), languages),
        "how_texts": _texts(one.get("how", {}), languages),
        "odds": percent_of(one.get("odds_ppm", 0)),
        "value": f"{value / 100:.2f}" if value and isinstance(value, int) else str(value or ""),
    }


def _more_fields(rows: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    taken = {one.get("key") for one in rows}
    built_in = [(key, words) for key, words in PROFILE_FIELDS.items() if key not in taken]
    own = [
        (f"attr_{one.key}", (one.label_en or one.label) if _english() else one.label)
        for one in Attribute.objects.order_by("pk")
        if f"attr_{one.key}" not in taken
    ]
    return built_in + own


def _more_boxes(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    taken = {one.get("purpose") for one in rows}
    return [(code, name) for code, name in purposes.names(english=_english()).items() if code not in taken]


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _local(value: Any) -> str:
    if not value:
        return ""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return str(value)
    return moment.astimezone(xinfeng_settings.load().zone).strftime("%Y-%m-%dT%H:%M")
