"""The tree of commands."""

from __future__ import annotations

import typer

from xinfeng.cli import (
    api,
    audit,
    backups,
    campaigns,
    channels,
    complaints,
    consent,
    contacts,
    demo,
    events,
    filings,
    forms,
    inspection,
    keys,
    lens,
    numbers,
    pressure,
    privacy,
    reviews,
    routes,
    screening,
    segments,
    serve,
    simulate,
    templates,
    tiers,
    users,
)

commands = typer.Typer(
    help="信风 Xinfeng：以授权为先的短信营销。 Consent-first SMS marketing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.command()(serve.up)
commands.command()(serve.app)
commands.command()(serve.gateway)
commands.command()(serve.migrate)
commands.command("demo")(demo.demo)
commands.command("explain")(campaigns.explain_one)
commands.add_typer(contacts.group, name="contacts")
commands.add_typer(events.group, name="events")
commands.add_typer(consent.group, name="consent")
commands.add_typer(privacy.group, name="privacy")
commands.add_typer(complaints.group, name="complaints")
commands.add_typer(segments.group, name="segments")
commands.add_typer(tiers.group, name="tiers")
commands.add_typer(tiers.traits, name="traits")
commands.add_typer(forms.group, name="forms")
commands.add_typer(templates.group, name="templates")
commands.add_typer(reviews.group, name="reviews")
commands.add_typer(channels.group, name="channels")
commands.add_typer(routes.group, name="routes")
commands.add_typer(filings.group, name="filings")
commands.add_typer(screening.group, name="screening")
commands.add_typer(numbers.group, name="numbers")
commands.add_typer(pressure.group, name="pressure")
commands.add_typer(campaigns.group, name="campaigns")
commands.add_typer(users.group, name="users")
commands.add_typer(keys.group, name="keys")
commands.add_typer(backups.group, name="backup")
commands.add_typer(api.group, name="api")
commands.add_typer(api.webhooks, name="webhooks")
commands.add_typer(audit.group, name="audit")
commands.add_typer(inspection.group, name="inspection")
commands.add_typer(inspection.keeping, name="retention")
commands.add_typer(lens.group, name="lens")
commands.add_typer(simulate.group, name="simulate")
