"""Who has opened which case with notes in it, newest first."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import pandas as pd

from ..domain import calendar
from ..store import Store
from ..store.instants import stamp
from .typed import INSTANT, frame, instants_of, reads

PAGE = 50
READINGS = {
    "reading_id": "int64",
    "at": INSTANT,
    "login": "str",
    "actor": "str",
    "role": "str",
    "page": "str",
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "undone": "bool",
    "notes": "int64",
}
QUERY = """
SELECT r.id, r.at, r.login, r.actor, r.role, r.page, r.enrolment_id, m.name, m.slug, c.code,
  e.id IS NULL, r.notes
FROM read_log r LEFT JOIN enrolment e ON e.id = r.enrolment_id
LEFT JOIN history gone ON e.id IS NULL AND gone.id = (
  SELECT max(id) FROM history WHERE table_name = 'enrolment' AND row_id = r.enrolment_id)
JOIN municipality m
  ON m.id = coalesce(e.municipality_id, json_extract(gone.before, '$.municipality_id'))
JOIN cohort c ON c.id = coalesce(e.cohort_id, json_extract(gone.before, '$.cohort_id'))
WHERE r.at <= ?"""


@reads("read.readings")
def readings(
    store: Store,
    *,
    actor: str = "",
    roles: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    cases: Sequence[int] | None = None,
    below: int = 0,
    limit: int = PAGE,
) -> pd.DataFrame:
    """One row for every time somebody opened a case with notes, newest first.

    `page` is what they opened, `notes` how many notes the case had, and `undone` whether the case
    itself has been taken back since. `limit` rows with a
    `reading_id` under `below`, the newest when it is 0, none later than the store's date. `since`
    and `until` are days, both in; `cases` are enrolments.
    """
    last = min(until or store.today(), store.today())
    query, args = QUERY, list[Any]([stamp(calendar.to_utc(last, time.max))])
    if actor:
        query, args = f"{query} AND r.actor = ?", [*args, actor]
    if roles:
        query, args = f"{query} AND r.role IN ({', '.join('?' * len(roles))})", [*args, *roles]
    if since:
        query, args = f"{query} AND r.at >= ?", [*args, stamp(calendar.to_utc(since, time.min))]
    if cases is not None:
        query += f" AND r.enrolment_id IN ({', '.join(str(int(one)) for one in cases)})"
    if below:
        query, args = f"{query} AND r.id < ?", [*args, below]
    found = store.present.db.execute(f"{query} ORDER BY r.id DESC LIMIT ?", [*args, limit])
    data: dict[str, Any] = dict(zip(READINGS, zip(*found.fetchall())))
    return frame(READINGS, data | {"at": instants_of(data.get("at", ()))})
