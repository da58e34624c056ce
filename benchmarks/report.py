"""The line every benchmark prints, and the machine it ran on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path


def machine() -> dict[str, str | int | float]:
    """What the figures depend on. `cores`: those this process may use; `memory_gb`: physical."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": _cpu_model(),
        "cores": _usable_cores(),
        "memory_gb": round(pages * page_size / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def emit(name: str, figures: Mapping[str, int | float | str]) -> None:
    """Print one JSON line: `{"benchmark": NAME, "figures": {…}, "machine": {…}}`."""
    line = {"benchmark": name, "figures": dict(figures), "machine": machine()}
    print(json.dumps(line, ensure_ascii=False), flush=True)
