"""Background jobs: procrastinate, deferred in the same transaction as the data they are about.

Tasks live in each slice's `jobs.py`; Django's app registry finds them (PROCRASTINATE_AUTODISCOVER_MODULE_NAME).
"""

from __future__ import annotations

from procrastinate.contrib.django import app

__all__ = ["app"]
