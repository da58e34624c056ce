"""What a chart shows, as plain data. The browser draws it (`static/xinfeng/chart.js`), the page also lists it.

`spec`:
    kind     `line`, `area`, `bar`, `stack` (stacked bars), `rank` (horizontal bars) or `pie`
    x        labels of the points (for `pie` and `rank`: of the pieces)
    series   list of {"name": …, "data": [numbers or None], "tone": optional Tone}
    unit     what is counted, shown behind numbers (optional)
    percent  True when the numbers are ratios between 0 and 1 (optional)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = ("line", "area", "bar", "stack", "rank", "pie")


def chart_data(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON for the browser and the rows of the table beneath."""
    if spec["kind"] not in KINDS:
        raise LookupError(f"no chart of kind {spec['kind']!r}")
    labels = [str(label) for label in spec["x"]]
    series = [{**one, "name": str(one["name"])} for one in spec["series"]]
    for one in series:
        if len(one["data"]) != len(labels):
            raise ValueError(f"series {one['name']!r} has {len(one['data'])} points for {len(labels)} labels")
    clean = {**spec, "x": labels, "series": series, "unit": str(spec.get("unit", ""))}
    rows = [(label, [one["data"][index] for one in series]) for index, label in enumerate(labels)]
    return {
        "spec": clean,
        "names": [one["name"] for one in series],
        "rows": rows,
        "percent": bool(spec.get("percent")),
        "empty": not labels,
    }
