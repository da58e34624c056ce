"""Things a command may name by what people call them, or by their number; the name goes first.

A number is what its own list shows (`xinfeng segments list`), so nobody has to know how many others there are.
"""

from __future__ import annotations

from xinfeng.kernel.errors import NotFound


def segment(given: str) -> int:
    """The id of the segment. Raises NotFound `named.segment`."""
    from xinfeng.segments.models import Segment

    found = Segment.objects.filter(name=given).values_list("pk", flat=True).first()
    return _or_number(found, given, "segment")


def template_version(given: str) -> int:
    """The newest version of the template of this name, or the version of this id. Raises NotFound `named.template`."""
    from xinfeng.content.models import TemplateVersion

    newest = TemplateVersion.objects.filter(template__name=given).order_by("-number")
    return _or_number(newest.values_list("pk", flat=True).first(), given, "template")


def channel(given: str) -> int:
    """The id of the channel. Raises NotFound `named.channel`."""
    from xinfeng.channels.models import Channel

    found = Channel.objects.filter(name=given).values_list("pk", flat=True).first()
    return _or_number(found, given, "channel")


def route(given: str) -> int:
    """The id of the route. Raises NotFound `named.route`."""
    from xinfeng.channels.models import Route

    found = Route.objects.filter(name=given).values_list("pk", flat=True).first()
    return _or_number(found, given, "route")


def _or_number(found: int | None, given: str, noun: str) -> int:
    """What was found by name, else the number that was given; whether that exists, the action says."""
    if found is not None:
        return found
    if given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    raise NotFound(f"named.{noun}", given=given)
