"""What a process doesn't load: a gateway has no lens and no templates, so it needn't wait for them or hold them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE_S

_GATEWAY = """\
import sys
from xinfeng.cli.commands import commands
from xinfeng.cli.ready import set_up_django
set_up_django()
from django.db.migrations.loader import MigrationLoader
from xinfeng.cli.processes import supervision
from xinfeng.delivery import gateway
from xinfeng.foundation import keys, preparation
from xinfeng.privacy import replay
import uvloop
MigrationLoader(None, ignore_no_migrations=True)
print(*sorted(sys.modules))
"""
"""All that `xinfeng gateway` imports on its way to serving."""

_OF_OTHERS = ("ibis", "duckdb", "pyarrow", "numpy", "sqlglot", "liquid", "ninja", "pydantic", "uvicorn")
_OUR_OWN_OF_OTHERS = (
    "xinfeng.lens.engine",
    "xinfeng.content.grammar",
    "xinfeng.campaigns.actions",
    "xinfeng.console.words",
    "xinfeng.integrations.problems",
)


def test_a_gateway_loads_neither_the_lens_nor_templates_nor_the_web(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XINFENG_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", _GATEWAY],
        env=kept | {"XINFENG_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "xinfeng.delivery.gateway" in loaded and "xinfeng.channels.cmpp" in loaded, "the look itself works"
    assert sorted(loaded & {*_OF_OTHERS, *_OUR_OWN_OF_OTHERS}) == []
