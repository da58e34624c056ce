"""Every benchmark, each in a process of its own; one JSON line each. `python -m benchmarks [NAME …]`."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "protocol",
    "dispatch",
    "vendors",
    "plan",
    "segment",
    "tags",
    "preflight",
    "imports",
    "lens",
    "search",
    "ingest",
    "tiers",
    "traits",
    "complaints",
    "screening",
    "inspection",
    "insights",
    "backup",
)


def main() -> int:
    """Run the named benchmarks, or all; returns 1 if one of them failed."""
    wanted = sys.argv[1:] or list(NAMES)
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)} (known: {', '.join(NAMES)})", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted:
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
