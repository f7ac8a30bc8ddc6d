"""What the timeline draws of one line: its bar, its phases, its workshops and what is overdue."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from advisory.domain.calendar import add_months

from . import drawing
from .drawing import as_date, in_language
from .timeline_rows import Row
from .timeline_words import words, workshop_words, workshops

PHASES = (6, 12)  # months after which the second and the third phase begin
MERGED = 9  # triangles nearer to each other than this are one, which names them all
BEGUN = (*drawing.STARTED, "withdrawn")
_DAY = timedelta(days=1)

Place = Callable[[Row, date], float]


def bar(
    row: Row,
    middle: float,
    form: drawing.Form,
    own: Sequence[Any],
    place: Place,
    today: date,
    text,
    href: Callable[[Any], str | None],
    position: int,
) -> dict[str, Any]:
    """Everything the template draws of one line; lengths in SVG units, `middle` is its height.

    `own` are the milestones of the line's case that a chart draws (`timeline_words.by_case`).
    """
    left, right = place(row, row.starts_on), place(row, row.ends_on + _DAY)
    stop = today
    if row.status == "withdrawn":
        stop = min(today, as_date(row.source.status_since))
    elapsed = min(max(place(row, stop), left), right) if row.status in BEGUN else left
    link = href(row.source) if row.source is not None else None
    if row.status == "withdrawn":  # what was still ahead, or late, is nobody's any more
        own = [mile for mile in own if as_date(mile.done_on)]
    triangles = _triangles(row, own, place, link, text)
    return {
        "position": position,
        "middle": middle,
        "name": row.source.municipality if row.source is not None else text("timeline.free"),
        "words": words(row, text),
        "link": link,
        "kind": row.status,
        "left": left,
        "reach": max([right, *(triangle["x"] + 7 for triangle in triangles)]),
        "right": right,
        "elapsed": elapsed,
        "form": form,
        "hatching": drawing.hatch(left + 1, middle - 4, elapsed - left - 2, 8)
        if form.hatched and elapsed - left > 4
        else "",
        "phases": _phases(row, place) if row.status in drawing.STARTED else [],
        "ticks": _ticks(row, own, place, left, elapsed, text),
        "triangles": triangles,
    }


def legend(bars: list[dict[str, Any]]) -> list[str]:
    """Which keys of the legend occur among the bars, in the order they are shown."""
    kinds = {one["kind"] for one in bars}
    present = {
        "elapsed": bool(kinds & set(BEGUN)),
        "workshop": any(one["ticks"] for one in bars),
        "phase": any(one["phases"] for one in bars),
        "overdue": any(one["triangles"] for one in bars),
        "admitted": "admitted" in kinds,
        "offered": "offered" in kinds,
        "withdrawn": "withdrawn" in kinds,
    }
    return [key for key, there in present.items() if there]


def _phases(row: Row, place: Place) -> list[float]:
    return [place(row, add_months(row.starts_on, month)) for month in PHASES if month < row.months]


def _ticks(
    row: Row, own: Sequence[Any], place: Place, left: float, elapsed: float, text
) -> list[dict[str, Any]]:
    """Workshops at the day they were held, else planned for; white on the part that has passed."""
    ticks = []
    for mile in workshops(own):
        x = place(row, as_date(mile.done_on) or as_date(mile.due_on))
        ticks.append({"x": x, "passed": left <= x <= elapsed, "words": workshop_words(mile, text)})
    return ticks


def _triangles(
    row: Row, own: Sequence[Any], place: Place, link: str | None, text
) -> list[dict[str, Any]]:
    """Overdue milestones at their due dates; neighbours become one that leads to the oldest."""
    triangles: list[dict[str, Any]] = []
    late = [mile for mile in own if mile.state == "late"]
    for mile in sorted(late, key=lambda mile: mile.due_on):
        x = place(row, as_date(mile.due_on))
        said = text.count(
            "timeline.triangle",
            int(mile.days),
            name=in_language(mile.name, mile.name_en, text),
            municipality=row.source.municipality,
            day=as_date(mile.due_on),
        )
        if triangles and x - triangles[-1]["x"] < MERGED:
            triangles[-1]["words"] += f"; {said}"
        else:
            target = f"{link}#milestone-{mile.milestone_id}" if link else None
            triangles.append({"x": x, "words": said, "link": target})
    return triangles
