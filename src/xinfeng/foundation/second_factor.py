"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is gone.

- A secret counts from the moment a code of it was typed in; until then nothing has changed.
- A code is good for its own time step of 30 seconds and the one before and after (RFC 6238, 5.2: clocks differ), and
  only once: the database takes no step twice, however many processes are asked at once.
- There are ten recovery codes of 60 random bits; each is good once, and only salted, keyed hashes are kept.
- The secret is sealed in the vault as `Kind.TOTP` and shown only while it is being set up.

How often somebody may guess is the matter of `foundation.logins`.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from xinfeng.foundation import audit
from xinfeng.foundation.models import RecoveryCode, SecondFactor, User
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
SECRET_BYTES = 20
"""As many as SHA-1 yields (RFC 4226, 4); SHA-1, 6 digits and 30 s are what every authenticator app understands."""
RECOVERY_CODES = 10
ISSUER = "信风 Xinfeng"
TWICE_WITHIN = timedelta(minutes=1)
ENROLMENT_LASTS = timedelta(minutes=30)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 12


class Given(Enum):
    """What was given."""

    CODE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs: `uri` as a QR code, or `secret` typed in (base32, in groups of four)."""

    secret: str
    uri: str


def begin(user: User, *, now: datetime) -> Enrolment:
    """A fresh secret, or the one that was begun within half an hour. Raises Conflict `second_factor.on`."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two pages at once show the same secret
        held = SecondFactor.objects.filter(user=user).first()
        if held is not None and held.confirmed_at is not None:
            raise Conflict("second_factor.on")
        if held is None or held.made_at < now - ENROLMENT_LASTS:
            secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
            sealed = vault().seal(Kind.TOTP, secret)
            SecondFactor.objects.update_or_create(
                user=user, defaults={"secret_sealed": sealed, "made_at": now, "last_step": 0}
            )
        else:
            secret = vault().open(Kind.TOTP, bytes(held.secret_sealed))
    return Enrolment(
        " ".join(re.findall("....", secret)), _totp(secret).get_provisioning_uri(user.username, ISSUER)
    )


def confirm(user: User, typed: str, *, now: datetime) -> list[str]:
    """The secret counts from now on; returns the recovery codes, which are shown once.

    Raises NotAllowed `second_factor.wrong`, or Conflict `second_factor.on` or `second_factor.not_begun`.
    """
    with transaction.atomic():
        held = SecondFactor.objects.select_for_update().filter(user=user).first()
        if held is None:
            raise Conflict("second_factor.not_begun")
        if held.confirmed_at is not None:
            raise Conflict("second_factor.on")
        step = _step_of(held, _digits(typed), now=now)
        if step is None:
            raise NotAllowed("second_factor.wrong")
        held.confirmed_at, held.last_step = now, step
        held.save(update_fields=["confirmed_at", "last_step"])
        codes = _fresh_codes(user)
        audit.record(actor=user.username, action="second_factor.on", kind="user", subject=user.pk)
    return codes


def confirmed_again(user: User, typed: str, *, now: datetime) -> list[str] | None:
    """New recovery codes, where the very code that switched it on comes once more within TWICE_WITHIN: somebody pressed
    the button twice, and sees the answer to the second press only. None otherwise."""
    with transaction.atomic():
        held = SecondFactor.objects.select_for_update().filter(user=user).first()
        if held is None or held.confirmed_at is None or now - held.confirmed_at > TWICE_WITHIN:
            return None
        totp = _totp(vault().open(Kind.TOTP, bytes(held.secret_sealed)))
        first = totp.generate(held.last_step * STEP_S)
        if not hmac.compare_digest(first, _digits(typed).encode()):
            return None
        return renew_codes(user)


def is_on(user: User) -> bool:
    """Whether a code is asked of this person."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def who_has_it() -> set[int]:
    """Ids of the people of whom a code is asked."""
    return set(SecondFactor.objects.filter(confirmed_at__isnull=False).values_list("user_id", flat=True))


def check(user: User, typed: str, *, now: datetime) -> Given:
    """Take a code or a recovery code; each is taken once. Raises NotAllowed `second_factor.wrong`."""
    digits = _digits(typed)
    held = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if held is None:
        raise NotAllowed("second_factor.wrong")
    if len(digits) == DIGITS:
        step = _step_of(held, digits, now=now)
        if step is not None and SecondFactor.objects.filter(pk=user.pk, last_step__lt=step).update(
            last_step=step
        ):
            return Given.CODE
    elif _take_recovery_code(user, typed, now=now):
        return Given.RECOVERY
    raise NotAllowed("second_factor.wrong")


def codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def renew_codes(user: User) -> list[str]:
    """Ten new recovery codes; the old ones are good for nothing. Raises Conflict `second_factor.off`."""
    with transaction.atomic():
        if (
            not SecondFactor.objects.select_for_update()
            .filter(user=user, confirmed_at__isnull=False)
            .exists()
        ):
            raise Conflict("second_factor.off")
        codes = _fresh_codes(user)
        audit.record(actor=user.username, action="second_factor.codes", kind="user", subject=user.pk)
    return codes


def is_good(user: User, code: str) -> bool:
    """Whether a recovery code would be taken; it is not used up by asking."""
    return _row_of(user, code) is not None


def reset(*, username: str, actor: str, reason: str) -> User:
    """Take the second factor away, for somebody who has lost it; she sets up another when she signs in next.

    Raises NotFound `user.unknown`, InvalidInput `reason.missing` or Conflict `second_factor.off`.
    """
    if not reason.strip():
        raise InvalidInput("reason.missing")
    with transaction.atomic():
        user = User.objects.filter(username=username).first()
        if user is None:
            raise NotFound("user.unknown", username=username)
        if not SecondFactor.objects.filter(user=user).delete()[0]:
            raise Conflict("second_factor.off")
        RecoveryCode.objects.filter(user=user).delete()
        audit.record(
            actor=actor,
            action="second_factor.reset",
            kind="user",
            subject=user.pk,
            reason=reason.strip()[:200],
        )
    return user


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)


def code_at(secret: str, at: datetime) -> str:
    """The code an app shows at a time; `secret` in base32, spaces allowed."""
    return _totp(secret.replace(" ", "")).generate(int(at.timestamp())).decode()


def _step_of(held: SecondFactor, digits: str, *, now: datetime) -> int | None:
    """The time step this code belongs to, if it is one that may be taken."""
    totp = _totp(vault().open(Kind.TOTP, bytes(held.secret_sealed)))
    here = int(now.timestamp()) // STEP_S
    found = None
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate(step * STEP_S), digits.encode()) and step > held.last_step:
            found = step
    return found


def _digits(typed: str) -> str:
    """As people type it: `123 456`, full-width digits too."""
    bare = re.sub(r"[\s-]", "", typed[:40])
    return "".join(str(int(sign)) for sign in bare) if bare.isdecimal() else ""


def _fresh_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    rows = []
    for code in codes:
        salt = secrets.token_bytes(16)
        rows.append(RecoveryCode(user=user, salt=salt, digest=_digest(salt, code)))
    RecoveryCode.objects.bulk_create(rows)
    return ["-".join(re.findall("....", code)) for code in codes]


def _take_recovery_code(user: User, typed: str, *, now: datetime) -> bool:
    row = _row_of(user, typed)
    if row is None or not RecoveryCode.objects.filter(pk=row.pk, used_at__isnull=True).update(used_at=now):
        return False
    audit.record(actor=user.username, action="second_factor.recovered", kind="user", subject=user.pk)
    return True


def _row_of(user: User, typed: str) -> RecoveryCode | None:
    """The unused code that was typed."""
    code = re.sub(r"[\s-]", "", typed[:40]).upper()
    if len(code) != _CODE_LENGTH:
        return None
    for row in RecoveryCode.objects.filter(user=user, used_at__isnull=True):
        if hmac.compare_digest(_digest(bytes(row.salt), code), bytes(row.digest)):
            return row
    return None


def _digest(salt: bytes, code: str) -> bytes:
    return vault().index(f"recovery {salt.hex()} {code}")
