"""Commands about filings: signatures, templates, bulk sending, qualifications, the gap calendar."""

from __future__ import annotations

import typer

from xinfeng.cli.filings import bulk, gaps, qualifications, signatures, templates

group = typer.Typer(help="报备 filings", no_args_is_help=True)
group.add_typer(signatures.group, name="signatures")
group.add_typer(templates.group, name="templates")
group.add_typer(bulk.group, name="bulk")
group.add_typer(qualifications.group, name="qualifications")
group.add_typer(gaps.group, name="gaps")
