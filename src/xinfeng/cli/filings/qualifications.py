"""Commands about qualifications."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from xinfeng.cli.filings.common import ACTOR, DAY_FORMATS, day_of
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

group = typer.Typer(help="资质 licences, certificates, letters, contracts", no_args_is_help=True)


@group.command("list")
def list_qualifications() -> None:
    """资质及到期日，快到期的在前。 What is on file, the first to end first."""
    ready()
    from xinfeng.filings.days import business_day_of
    from xinfeng.filings.qualifications import listed

    rows = [
        [
            one.qualification.pk,
            one.qualification.kind,
            one.qualification.name,
            one.qualification.number,
            one.qualification.expires_on or "长期 for good",
            one.uses,
        ]
        for one in listed(business_day_of(utc_now()))
    ]
    columns = ["编号 id", "种类 kind", "名称 name", "证号 number", "到期 expires", "用于 uses"]
    table("资质 Qualifications", columns, rows, right=(0, 5))


@group.command("add")
def add(
    name: str,
    kind: Annotated[
        str,
        typer.Option(
            help="licence 营业执照、icp、telecom 增值电信、trademark 商标、authorisation 授权书、contract、other"
        ),
    ],
    number: Annotated[str, typer.Option(help="证号 its number")],
    holder: Annotated[str, typer.Option(help="持有人 holder")],
    issuer: Annotated[str, typer.Option(help="发证机关 issuer")] = "",
    issued: Annotated[datetime | None, typer.Option(formats=DAY_FORMATS, help="发证日 issued on")] = None,
    expires: Annotated[datetime | None, typer.Option(formats=DAY_FORMATS, help="到期日 last day")] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            help="扫描件（PDF、JPG、PNG、OFD），可以多次 document, repeatable", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """登记一份资质。 Put a qualification on file."""
    ready()
    from django.db import transaction

    from xinfeng.filings import documents, qualifications
    from xinfeng.filings.models import Subject

    draft = qualifications.QualificationDraft(
        kind=kind,
        name=name,
        number=number,
        holder=holder,
        issuer=issuer,
        issued_on=day_of(issued),
        expires_on=day_of(expires),
    )
    now = utc_now()
    with transaction.atomic():
        made = qualifications.save(draft, actor=ACTOR, now=now)
        for one in file or ():
            with one.open("rb") as opened:
                chunks = iter(lambda: opened.read(1 << 16), b"")
                documents.keep(Subject.QUALIFICATION, made, chunks, name=one.name, actor=ACTOR, now=now)
    say(f"资质 qualification {made}")
