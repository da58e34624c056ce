from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from xinfeng.lens.duck import DuckEngine
from xinfeng.lens.engine import Lens, close_lens
from xinfeng.lens.engine import lens as lens_of_this_process
from xinfeng.lens.feeds import Column, ColumnType, Feed, declared


def _beside(name: str) -> ModuleType:
    """Make a helper module of this folder importable as `segment_<name>`."""
    spec = importlib.util.spec_from_file_location(f"segment_{name}", Path(__file__).parent / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generated = _beside("generated")
naive = _beside("naive")

CUSTOM = (
    Column("attr_points", ColumnType.NUMBER),
    Column("attr_since", ColumnType.DATE),
    Column("attr_vip", ColumnType.BOOL),
    Column("attr_shirt", ColumnType.TEXT),
    Column("attr_blood", ColumnType.TEXT),
)
TRAITS = (
    Column("contact_id", ColumnType.BIGINT),
    Column("t_spent", ColumnType.NUMBER),
    Column("t_favourite", ColumnType.TEXT),
    Column("t_last", ColumnType.TIME),
)
TIER_FACTS = (
    Column("contact_id", ColumnType.BIGINT),
    Column("before", ColumnType.SMALLINT),
    Column("tier", ColumnType.SMALLINT),
    Column("at", ColumnType.TIME),
    Column("cause", ColumnType.TEXT),
)


def fill(engine: DuckEngine, feeds: dict[str, Feed], world: dict[str, list[dict[str, Any]]]) -> None:
    with engine.writing() as writer:
        for table, rows in world.items():
            columns = [column for column in feeds[table].columns if column.name in rows[0]]
            block = pa.Table.from_pylist(rows)
            if "tags" in block.column_names:
                tags = pa.array([str(row["tags"]) for row in rows])
                block = block.set_column(block.column_names.index("tags"), "tags", tags)
            with writer.loading(feeds[table], columns, into_empty=True) as load:
                load.take(block.select([column.name for column in columns]))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lens]:
    """A lens with the small world of `generated.world()` and four custom attributes."""
    engine = DuckEngine(tmp_path_factory.mktemp("lens") / "lens.duckdb", memory_mb=256)
    feeds = {feed.name: feed for feed in declared()}
    contact = feeds["contact"]
    feeds["contact"] = Feed("contact", (*contact.columns, *CUSTOM), contact.mode, contact.key)
    feeds["trait"] = Feed("trait", TRAITS)
    feeds.setdefault("tier_fact", Feed("tier_fact", TIER_FACTS))
    lens = Lens(engine, tuple(feeds.values()))
    fill(engine, feeds, generated.world())
    yield lens
    engine.close()


@pytest.fixture
def mirror(committed_db: str) -> Iterator[Lens]:
    """The lens of the test's own database."""
    close_lens()
    yield lens_of_this_process()
    close_lens()
