"""What was measured, as rows of one table and as JSON."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

__all__ = ["Result", "as_json", "median", "table"]

WITH = ("panel", "bokeh", "pandas", "tornado", "sqlite-utils")


@dataclass(frozen=True)
class Result:
    """One figure. `limit` is the target: at most that, or at least that with `least`."""

    part: str
    what: str
    value: float | None
    unit: str = ""
    limit: float | None = None
    least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or a value."""
        if self.limit is None or self.value is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit


def number(value: float | None) -> str:
    """Three digits that mean something; whole numbers from a hundred up."""
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return (
        f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
        if abs(value) >= 0.1
        else f"{value:.4f}"
    )


def table(results: Iterable[Result]) -> str:
    """The results as text: figure, unit, target, and whether it is met."""
    lines: list[str] = []
    part = ""
    for one in results:
        if one.part != part:
            part = one.part
            lines += ["", part]
        target = verdict = ""
        if one.limit is not None:
            target = f"{'>=' if one.least else '<='} {number(one.limit)}"
            verdict = {True: "met", False: "NOT MET", None: "not measured"}[one.met]
        cells = f"  {one.what:<58}{number(one.value):>9} {one.unit:<9}{target:>10}  {verdict:<9}"
        lines.append(f"{cells}{one.note}".rstrip())
    return "\n".join(lines).lstrip("\n")


def where() -> dict[str, str]:
    """The machine and the versions that the figures belong to."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else ""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": str(os.cpu_count()),
        "load before (1, 5, 15 min)": load,
        **{name: version(name) for name in WITH},
    }


def as_json(machine: dict[str, str], results: Sequence[Result]) -> str:
    rows = [{**asdict(one), "met": one.met} for one in results]
    return json.dumps({"machine": machine, "results": rows}, ensure_ascii=False, indent=2)
