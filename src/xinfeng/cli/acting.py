"""Commands that somebody does: the steps of campaigns and reviews name them."""

from __future__ import annotations

from typing import Annotated

import typer

from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import NotFound

As = Annotated[str, typer.Option("--as", help="以谁的身份（登录名） the user who does this")]


def ready_as(username: str) -> None:
    """Make the house usable, and refuse to act as somebody who is not there."""
    ready()
    from xinfeng.foundation.models import User

    if not User.objects.filter(username=username, is_active=True).exists():
        raise NotFound("as.unknown", user=username)
