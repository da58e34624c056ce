"""The pages the public sees, as HTML. One renderer for the public's door and for the preview in the console.

A small template engine of its own: no context of the console, no tags but Django's, autoescape always on. Texts of
the form and answers go in as values, so what looks like a template in them is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from xinfeng.forms.design import GENDERS, PHONE, Design, Field, FieldKind, PurposeBox, say
from xinfeng.forms.guards import TRAP
from xinfeng.forms.words import fault, word, words
from xinfeng.kernel.purposes import PURPOSES

TEMPLATES = Path(__file__).resolve().parent / "templates"
_AUTOCOMPLETE = {
    "phone": "tel-national",
    "name": "name",
    "birthday": "bday",
    "province": "address-level1",
    "city": "address-level2",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a page stands: addresses of its assets and of itself, whether in another site's frame, or a preview."""

    css: str
    look: str
    script: str
    icon: str = ""
    action: str = ""
    languages: Sequence[tuple[str, str]] = ()
    embedded: bool = False
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody has typed already, and what is wrong with it (codes by field)."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class Prize:
    """What was won. `code` for coupons, `points` for points."""

    name: str
    how: str = ""
    code: str = ""
    points: int = 0
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: a prize, or `nothing` (a name in words); `agreed` purposes that are now in force."""

    prize: Prize | None = None
    nothing: str = ""
    per_person: int = 1
    agreed: Sequence[str] = ()


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(TEMPLATES)], autoescape=True, debug=False)


def _page(name: str, design: Design | None, language: str, around: Surroundings, **given: Any) -> str:
    context = {
        "t": words(language),
        "language": language,
        "html_language": "en" if language == "en" else "zh-CN",
        "around": around,
        "mark": design.look.mark if design else "",
        "cover": design.look.cover if design else "plain",
        "title": say(design.title, language) if design else "",
        "privacy_url": design.privacy_url if design else "",
        **given,
    }
    return str(_engine().get_template(name).render(Context(context)))


def form_page(
    design: Design,
    language: str,
    around: Surroundings,
    *,
    token: str,
    notices: Mapping[int, str],
    filled: Filled | None = None,
    hidden: Mapping[str, str] | None = None,
) -> str:
    """The form itself. `notices`: the words behind the boxes by id; `hidden`: parameters to carry along."""
    filled = filled or Filled()
    return _page(
        "form.html",
        design,
        language,
        around,
        intro=paragraphs(say(design.intro, language)),
        button=say(design.button, language) or word("submit", language),
        token=token,
        trap=TRAP,
        hidden=list((hidden or {}).items()),
        fields=[_question(one, language, filled) for one in design.fields],
        boxes=[_box(one, language, notices, filled) for one in design.boxes],
        with_code=design.with_code,
        only_for=bool(design.incentive.only_for and design.incentive.prizes),
        message=filled.message,
    )


def code_page(
    design: Design, language: str, around: Surroundings, *, again: str, message: str = "", good: bool = False
) -> str:
    """Asking for the code. `again`: where another one is asked for."""
    help_text = say(design.help_text, language)
    return _page(
        "code.html", design, language, around, again=again, message=message, good=good, help_text=help_text
    )


def result_page(design: Design, language: str, around: Surroundings, result: Result) -> str:
    """How it ended."""
    nothing = word(result.nothing, language, n=result.per_person) if result.nothing else ""
    agreed = [word(_purpose_word(one), language) for one in result.agreed]
    points = (
        word("points", language, n=f"{result.prize.points:,}") if result.prize and result.prize.points else ""
    )
    return _page(
        "result.html",
        design,
        language,
        around,
        success=paragraphs(say(design.success, language) or word("done", language)),
        prize=result.prize,
        points=points,
        nothing=nothing,
        agreed=agreed,
    )


def plain_page(
    what: str,
    language: str,
    around: Surroundings,
    *,
    design: Design | None = None,
    at: datetime | None = None,
) -> str:
    """A page that only says something: `closed`, `soon`, `full`, `none`, `problem`, `refused`, `flooded`."""
    heading = f"{what}_title" if what != "flooded" else "problem_title"
    text = word(what, language, at=at.strftime("%Y-%m-%d %H:%M") if at else "")
    return _page("plain.html", design, language, around, heading=word(heading, language), text=text)


def look_css(design: Design) -> str:
    """The form's colour as a style sheet; the value was checked to be a hex colour."""
    colour = design.look.colour
    return f":root{{--brand:{colour};--on-brand:{_readable_on(colour)}}}\n"


def _readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast on it (WCAG 2.2, relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#111111"


def paragraphs(text: str) -> SafeString:
    """Lines as paragraphs, everything escaped."""
    return mark_safe(linebreaks(text, autoescape=True)) if text else mark_safe("")


def _notice_text(text: str) -> SafeString:
    return mark_safe(linebreaks(urlize(text, nofollow=True, autoescape=True)))


def label_of(one: Field, language: str) -> str:
    """What a field is called: its own words, else the built-in ones."""
    return say(one.label, language) or (
        word(one.key, language) if not one.key.startswith(("attr_", "q_")) else one.key
    )


def _question(one: Field, language: str, filled: Filled) -> dict[str, Any]:
    values = list(filled.values.get(one.key, ()))
    code = filled.faults.get(one.key, "")
    return {
        "key": one.key,
        "kind": "radio"
        if one.kind is FieldKind.CHOICE and len(_options(one, language)) <= 4
        else one.kind.value,
        "label": label_of(one, language),
        "required": one.required,
        "value": values[0] if values else "",
        "options": [(value, text, value in values) for value, text in _options(one, language)],
        "fault": fault(code, language) if code else "",
        "sensitive": one.sensitive,
        "autocomplete": _AUTOCOMPLETE.get(one.key, "off"),
        "is_phone": one.key == PHONE,
    }


def _options(one: Field, language: str) -> list[tuple[str, str]]:
    if one.key == "gender":
        return [(code, word(code, language)) for code in GENDERS]
    if one.kind is FieldKind.BOOL:
        return [("yes", word("yes", language)), ("no", word("no", language))]
    return [(str(at), say(choice, language)) for at, choice in enumerate(one.choices)]


def _box(one: PurposeBox, language: str, notices: Mapping[int, str], filled: Filled) -> dict[str, Any]:
    text = notices.get(one.notices.get(language, 0), "")
    return {
        "purpose": one.purpose,
        "label": say(one.label, language) or word(_purpose_word(one.purpose), language),
        "notice": _notice_text(text) if text else "",
        "ticked": one.purpose in filled.ticked,
    }


def _purpose_word(purpose: str) -> str:
    return f"purpose_{purpose}" if purpose in PURPOSES else "purpose_sensitive"
