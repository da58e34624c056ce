"""`python -m xinfeng.hygiene.simulator`."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinfeng.foundation.django_settings")
django.setup()

from xinfeng.hygiene.simulator.server import parse_options, run  # noqa: E402

run(parse_options(sys.argv[1:]))
