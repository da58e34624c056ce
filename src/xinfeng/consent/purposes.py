"""What may be agreed to: the purposes that have a name, and one for each sensitive attribute that is declared."""

from __future__ import annotations

from xinfeng.consent.models import Purpose
from xinfeng.contacts.models import Attribute
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import PURPOSES, sensitive_key, sensitive_purpose

ENGLISH = {
    "marketing": "marketing SMS",
    "service": "service SMS",
    "location": "location",
    "profiling": "personalisation",
    "sharing": "passing data on",
}


def check(purpose: str) -> str:
    """The purpose as given, if there is such a one. Raises InvalidInput `consent.purpose`.

    The purpose of a sensitive attribute exists as long as the attribute is declared sensitive (PIPL, Art 29: its use
    needs a consent of its own).
    """
    if purpose in PURPOSES:
        return purpose
    key = sensitive_key(purpose)
    if key is None or not Attribute.objects.filter(key=key[:40], sensitive=True).exists():
        raise InvalidInput("consent.purpose", purpose=purpose[:60])
    return purpose


def known() -> tuple[str, ...]:
    """Every purpose there is now: those with a name, then those of the sensitive attributes in their order."""
    keys = Attribute.objects.filter(sensitive=True).order_by("pk").values_list("key", flat=True)
    return (*PURPOSES, *(sensitive_purpose(key) for key in keys))


def names(*, english: bool = False) -> dict[str, str]:
    """What people call each purpose of `known`."""
    named = dict(ENGLISH) if english else {one.value: str(one.label) for one in Purpose}
    for one in Attribute.objects.filter(sensitive=True).order_by("pk"):
        label = (one.label_en or one.label) if english else one.label
        named[sensitive_purpose(one.key)] = f"sensitive: {label}" if english else f"敏感信息：{label}"
    return named
