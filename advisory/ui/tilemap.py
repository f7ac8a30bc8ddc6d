"""The tile map: one square for each municipality, where it roughly lies on the map of Denmark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from . import drawing, safe

STEP, TILE = 29, 27
MARGIN = 6  # room for a corner icon that stands half outside the tiles at the top and the right
COLUMNS, ROWS = 18, 11
HEALTH_MARKS = {"late": "late", "attention": "attention"}
CASES = (*drawing.STARTED, "admitted", "offered", *drawing.WAITING, "withdrawn")
COUNTED = {
    "running": ("active",),
    "completed": ("completed",),
    "admitted": ("admitted",),
    "offered": ("offered",),
    "waiting": drawing.WAITING,
    "withdrawn": ("withdrawn",),
}


@dataclass(frozen=True)
class Tile:
    """One municipality: where it stands, how it looks, and what it is called in words."""

    x: float
    y: float
    row: int
    column: int
    short: str
    words: str
    look: drawing.Look
    hatching: str
    corner: str
    link: str | None

    @property
    def label_y(self) -> float:
        """Baseline of the short name; lower when a corner icon takes the upper right."""
        return self.y + (20 if self.corner else 15.5 if self.look.foot else 17.5)


def tiles(
    places: pd.DataFrame,
    text,
    href: Callable[[Any], str | None],
    *,
    cohorts: Sequence[str] = (),
) -> Markup:
    """The map and its legend; `places` as `frames.map_places`, one tile for each row.

    `href` gets a row and returns where its tile leads, or None for a tile without a link. Linked
    tiles are one tab stop: the script of the page moves between them by `data-row` and `data-col`.
    `cohorts` are all cohort codes in order; it keeps a cohort's form when the rows are filtered.
    """
    forms = _forms(places, cohorts)
    ordered = places.sort_values(["tile_row", "tile_col"], kind="stable")
    drawn = [_tile(row, text, href, forms) for row in ordered.itertuples(index=False)]
    linked = [tile for tile in drawn if tile.link]
    return safe.render(
        "chart_tilemap.svg.html",
        text,
        quiet=[tile for tile in drawn if not tile.link],
        linked=linked,
        first=linked[0] if linked else None,
        cornered=[tile for tile in drawn if tile.corner],
        summary=summary(places, text),
        legend=_legend(places, text, forms),
        tile=TILE,
        width=_extent(places, "tile_col", COLUMNS),
        height=_extent(places, "tile_row", ROWS),
        margin=MARGIN,
    )


def table(places: pd.DataFrame, text, href: Callable[[Any], str | None]) -> Markup:
    """The same municipalities as a table: those with a place, those waiting, and the others.

    Within a group the order of the rows is kept, so it is Danish when the frame's is.
    """
    groups: dict[str, list[dict[str, Any]]] = {"placed": [], "waiting": [], "other": []}
    for row in places.itertuples(index=False):
        status = _text_of(row.status)
        group = "placed" if row.holds_place else "waiting" if status in CASES else "other"
        health = _text_of(row.health)
        groups[group].append(
            {
                "name": row.municipality,
                "region": row.region,
                "cohort": drawing.capital(text.cohort(_text_of(row.cohort))),
                "status": text(f"status.{status}") if status else "",
                "health": text(f"health.{health}") if health else "",
                "health_code": health,
                "link": href(row),
            }
        )
    filled = [(text(f"tilemap.group_{code}"), rows) for code, rows in groups.items() if rows]
    return safe.render("chart_tilemap_table.svg.html", text, groups=filled)


def summary(places: pd.DataFrame, text) -> str:
    """The map in one sentence: how many tiles, and how many of them are what."""
    counts = [
        text.count(f"tilemap.{code}", n)
        for code, statuses in COUNTED.items()
        if (n := int(places["status"].isin(statuses).sum()))
    ]
    late = int((places["health"] == "late").sum())
    counts += [text.count("tilemap.late", late)] if late else []
    return text(
        "tilemap.summary", n=len(places), counts=", ".join(counts) or text("tilemap.nobody")
    )


def _tile(row: Any, text, href: Callable[[Any], str | None], forms: dict) -> Tile:
    status, cohort = _text_of(row.status), _text_of(row.cohort)
    look = drawing.look(status, forms.get(cohort, drawing.FORMS[0]))
    x, y = 1 + STEP * int(row.tile_col), 1 + STEP * int(row.tile_row)
    corner = HEALTH_MARKS.get(_text_of(row.health), "")
    return Tile(
        x=x,
        y=y,
        row=int(row.tile_row),
        column=int(row.tile_col),
        short=row.short,
        words=_words(row, text),
        look=look,
        hatching=drawing.hatch(x + 2, y + 2, TILE - 4, TILE - 4) if look.hatched else "",
        corner="completed" if status == "completed" else corner,
        link=href(row),
    )


def _words(row: Any, text) -> str:
    """For example "Horsens, hold februar 2024, i forløb, forsinket"."""
    status, cohort, health = (_text_of(value) for value in (row.status, row.cohort, row.health))
    words = [row.municipality]
    if cohort:
        words.append(text("tilemap.cohort", cohort=text.cohort(cohort)))
    if status:
        words.append(text(f"status.{status}").lower())
    if health:
        words.append(text(f"health.{health}").lower())
    return ", ".join(words)


def _legend(places: pd.DataFrame, text, forms: dict) -> list[dict[str, Any]]:
    """What occurs on the map with its count; each entry has `words` and a `look` or an icon."""
    entries = []

    def add(words: str, where: pd.Series, look: drawing.Look | None = None, icon: str = "") -> None:
        if n := int(where.sum()):
            hatching = drawing.hatch(2, 2, 10, 10, 4) if look and look.hatched else ""
            counted = text("tilemap.legend", words=words, n=n)
            entries.append({"words": counted, "look": look, "icon": icon, "hatching": hatching})

    status = places["status"]
    for code, form in forms.items():
        here, name = places["cohort"] == code, drawing.capital(text.cohort(code))
        add(name, here & status.isin(drawing.STARTED), drawing.look("active", form))
        add(
            text("tilemap.legend_admitted", cohort=name),
            here & (status == "admitted"),
            drawing.look("admitted", form),
        )
    first = drawing.FORMS[0]
    add(text("status.offered"), status == "offered", drawing.look("offered", first))
    add(
        text("tilemap.legend_waiting"),
        status.isin(drawing.WAITING),
        drawing.look("applied", first),
    )
    add(text("status.withdrawn"), status == "withdrawn", drawing.look("withdrawn", first))
    add(text("status.completed"), status == "completed", icon="completed")
    for code in HEALTH_MARKS:
        add(text(f"health.{code}"), places["health"] == code, icon=code)
    return entries


def _forms(places: pd.DataFrame, cohorts: Sequence[str]) -> dict[str, drawing.Form]:
    found = sorted({_text_of(code) for code in places["cohort"]} - {""})
    return drawing.forms([*cohorts, *found])


def _extent(places: pd.DataFrame, column: str, least: int) -> int:
    last = int(places[column].max()) + 1 if len(places) else 0
    return STEP * max(least, last) + MARGIN


def _text_of(value: object) -> str:
    """The value when it is a text; a municipality without a case has none or a missing one."""
    return value if isinstance(value, str) else ""
