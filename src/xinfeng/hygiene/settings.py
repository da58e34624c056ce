"""What people set: the plan with its budget, and the accounts with providers. Audited; secrets go in and never out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.foundation import audit, stored
from xinfeng.foundation.vault import Kind, vault
from xinfeng.hygiene.models import LookupProvider, ProviderKind
from xinfeng.hygiene.providers.config import ProviderConfig
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

KEY = "hygiene.plan"
LONGEST_SECRET = 200
MOST = 10**9


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How the base is looked through. Amounts in fen; 0: no limit of this kind.

    `target_percent` of the base each quarter (feature A7: at least 30). `cool_down_days`: a number is not asked
    about again so soon (Alibaba refuses repeated questions, RequestFrequencyLimit; a quarter has 90 to 92 days).
    """

    enabled: bool = True
    target_percent: int = 30
    cool_down_days: int = 80
    per_day: int = 0
    per_month: int = 0
    per_day_fen: int = 0
    per_month_fen: int = 100_000


_BOUNDS = {
    "target_percent": (1, 100),
    "cool_down_days": (1, 365),
    "per_day": (0, MOST),
    "per_month": (0, MOST),
    "per_day_fen": (0, MOST),
    "per_month_fen": (0, MOST),
}


def plan_settings() -> PlanSettings:
    """The settings in force."""
    return PlanSettings(**stored.read(KEY, {}))


def change_plan(settings: PlanSettings, *, actor: str) -> None:
    """Raises InvalidInput `number_plan.bounds` with `faults` (field: (at least, at most))."""
    faults = {
        name: bounds
        for name, bounds in _BOUNDS.items()
        if not bounds[0] <= getattr(settings, name) <= bounds[1]
    }
    if faults:
        raise InvalidInput("number_plan.bounds", faults=faults)
    with transaction.atomic():
        stored.write(KEY, asdict(settings), actor=actor)
        audit.record(
            actor=actor, action="number_plan.change", kind="setting", subject=KEY, **asdict(settings)
        )


def save_provider(
    *,
    name: str,
    kind: str,
    config: Mapping[str, Any],
    secret: str | None,
    price_li: int,
    per_s: int,
    per_day: int,
    actor: str,
    provider_id: int | None = None,
) -> int:
    """Make an account, or change the one named by `provider_id`; returns its id. `secret` None keeps the present one.

    A secret belongs to where it was given for: whoever names another endpoint gives it again. Raises InvalidInput
    `lookup.config` with `faults` (code by field, all at once), NotFound `lookup.unknown`, Conflict
    `lookup.name_taken`.
    """
    faults = _terms_faults(name, kind, price_li=price_li, per_s=per_s, per_day=per_day)
    taken = None
    try:
        taken = ProviderConfig.read(config, kind)
    except InvalidInput as fault:
        faults = fault.params["faults"] | faults
    try:
        with transaction.atomic():
            row = _locked(provider_id) if provider_id else LookupProvider()
            moved = bool(provider_id) and taken is not None and row.config["endpoint"] != taken.endpoint
            if secret is None and (not provider_id or moved):
                faults["secret"] = "again" if moved else "missing"
            elif secret is not None and not (0 < len(secret) <= LONGEST_SECRET and secret.isascii()):
                faults["secret"] = "not_ascii" if secret else "missing"
            if faults or taken is None:
                raise InvalidInput("lookup.config", faults=faults)
            row.name, row.kind, row.config = name.strip(), kind, taken.to_json()
            row.price_li, row.per_s, row.per_day = price_li, per_s, per_day
            if secret is not None:
                row.secret_sealed = vault().seal(Kind.SECRET, secret)
            row.save()
            audit.record(
                actor=actor,
                action="lookup_provider.save",
                kind="lookup_provider",
                subject=row.pk,
                new=not provider_id,
                secret_changed=secret is not None,
                private_network=taken.private_network,
                price_li=price_li,
            )
    except IntegrityError:
        raise Conflict("lookup.name_taken", name=name.strip()) from None
    return int(row.pk)


def switch_provider(provider_id: int, *, enabled: bool, actor: str) -> None:
    """Let the plan ask this provider, or not. Raises NotFound `lookup.unknown`."""
    with transaction.atomic():
        row = _locked(provider_id)
        row.enabled = enabled
        row.save(update_fields=["enabled", "updated_at"])
        verb = "lookup_provider.enable" if enabled else "lookup_provider.disable"
        audit.record(actor=actor, action=verb, kind="lookup_provider", subject=provider_id)


def _terms_faults(name: str, kind: str, **terms: int) -> dict[str, str]:
    faults = {}
    if not 0 < len(name.strip()) <= 60:
        faults["name"] = "too_long" if name.strip() else "missing"
    if kind not in ProviderKind.values:
        faults["kind"] = "unknown"
    for field, least, most in (("price_li", 0, 100_000), ("per_s", 1, 10_000), ("per_day", 0, MOST)):
        if not least <= terms[field] <= most:
            faults[field] = "out_of_range"
    return faults


def _locked(provider_id: int) -> LookupProvider:
    row = LookupProvider.objects.select_for_update().filter(pk=provider_id).first()
    if row is None:
        raise NotFound("lookup.unknown", provider=provider_id)
    return row
