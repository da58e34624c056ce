"""What a rule may speak of right now: the attributes that exist, built-in, declared and computed."""

from __future__ import annotations

from typing import Any

from xinfeng.contacts import traits
from xinfeng.contacts.models import Attribute as DeclaredAttribute
from xinfeng.segments import parsing
from xinfeng.segments.attributes import BUILT_IN, Attribute, Kind, custom_attribute, trait_attribute
from xinfeng.segments.rules import Rule


def attributes() -> dict[str, Attribute]:
    """All attributes a rule may ask about now, built-in, declared and computed, by name."""
    found = dict(BUILT_IN)
    for declared in DeclaredAttribute.objects.order_by("id"):
        attribute = custom_attribute(
            declared.key,
            declared.kind,
            label=declared.label,
            label_en=declared.label_en,
            choices=tuple(str(choice) for choice in declared.choices),
            sensitive=declared.sensitive,
        )
        found[attribute.name] = attribute
    for trait in traits.declared():
        attribute = trait_attribute(
            trait.key,
            Kind(trait.kind),
            label=trait.label,
            label_en=trait.label_en,
            scale=100 if trait.unit == "fen" else 1,
        )
        found[attribute.name] = attribute
    return found


def parse_rule(raw: Any) -> Rule:
    """Read a rule in JSON against the attributes that exist; raises InvalidInput with the path."""
    return parsing.parse(raw, attributes())
