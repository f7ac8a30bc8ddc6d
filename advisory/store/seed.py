"""The public facts and our defaults, read from `data/reference` and `data/seed` into the store.

Loading again changes nothing. When a file has changed, a row is brought along only while
nobody has edited it in the product: what a person decided stays.
"""

import csv
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..domain import calendar
from ..domain.errors import NotFound
from . import Row, Store, meetings

SETTINGS = (("contact_rhythm_days", "30"), ("closing_days", "1/5 5/6 24/12 31/12"))
OURS = "vores standard"


def load_facts(store: Store, data_dir: Path) -> int:
    """Load every fact and return how many records were added or changed.

    Refuses with `facts_missing` when a file is not there.
    """
    with store.write("facts.load"):
        before = store.version()
        for key, value in SETTINGS:
            _put(store, "setting", {"key": key, "value": value, "source": OURS}, "key")
        _load_reference(store, data_dir / "reference")
        _load_initiative(store, data_dir / "seed")
        _load_mail_templates(store, data_dir / "seed" / "mail_templates.toml")
        _load_decision_letters(store, data_dir / "seed" / "decision_letters.toml")
        _load_meetings(store, data_dir / "seed" / "meetings.csv")
        return store.version() - before


def _load_reference(store: Store, folder: Path) -> None:
    for row in _read(folder / "code_items.csv"):
        _put(store, "code_item", {**row, "position": int(row["position"])}, "list", "code")
    for row in _read(folder / "municipalities.csv"):
        _put(store, "municipality", _municipality(row), "id")
    for row in _read(folder / "region_memberships.csv"):
        membership = {
            "municipality_id": int(row["municipality_code"]),
            **{key: row[key] or None for key in ("region", "region_code", "valid_from")},
            "valid_to": row["valid_to"] or None,
            "source": row["source"],
        }
        _put(store, "region_membership", membership, "municipality_id", "valid_from")


def _municipality(row: dict[str, str]) -> Row:
    return {
        "id": int(row["code"]),
        **{key: row[key] for key in ("name", "official_name", "slug", "short", "part", "nuts3")},
        "kind": row["kind"],
        "population": int(row["population_2021"]),
        "tile_row": int(row["tile_row"]),
        "tile_col": int(row["tile_col"]),
        "aliases": row["aliases"],
        "source": row["source"],
    }


def _load_initiative(store: Store, folder: Path) -> None:
    for row in _read(folder / "initiative.csv"):
        columns = ("code", "name", "period_from", "period_to", "source")
        numbers = {"capacity": int(row["capacity"]), "months": int(row["months"])}
        initiative_id = _put(
            store, "initiative", {**{key: row[key] for key in columns}, **numbers}, "code"
        )
        for cohort in _read(folder / "cohorts.csv"):
            fact = {
                "initiative_id": initiative_id,
                "code": cohort["code"],
                "starts_on": cohort["starts_on"],
                "months": int(cohort["months"]),
                "apply_by": cohort["apply_by"] or None,
                "places": int(cohort["places"]) if cohort["places"] else None,
                "source": cohort["source"],
            }
            _put(store, "cohort", fact, "code")
        for step in _read(folder / "milestone_template.csv"):
            template = {
                **step,
                "initiative_id": initiative_id,
                "position": int(step["position"]),
                "offset": int(step["offset"]),
                "anchor_code": step["anchor_code"] or None,
            }
            _put(store, "milestone_template", template, "initiative_id", "code")
        for target in _read(folder / "audience_targets.csv"):
            bounds = {"low": int(target["low"]), "high": int(target["high"])}
            fact = {**target, **bounds, "initiative_id": initiative_id}
            _put(store, "audience_target", fact, "initiative_id", "audience")
    for row in _read(folder / "organisations.csv"):
        _put(store, "organisation", {k: row[k] for k in ("kind", "name", "source")}, "name")


def _load_mail_templates(store: Store, path: Path) -> None:
    for position, mail in enumerate(_tables(path)["mail"], 1):
        row = {"days": 0, "at": None, "minutes": 0, **mail, "position": position, "source": OURS}
        words = ("body_da", "body_en")
        _put(store, "mail_template", {**row, **{name: row[name].strip() for name in words}}, "kind")


def _load_decision_letters(store: Store, path: Path) -> None:
    for position, letter in enumerate(_tables(path)["letter"], 1):
        row = {**letter, "body": letter["body"].strip(), "position": position, "source": OURS}
        _put(store, "decision_letter", row, "kind")


def _load_meetings(store: Store, path: Path) -> None:
    cohorts = {row["code"]: row["id"] for row in store.rows("cohort")}
    for row in _read(path):
        meeting = {
            **{name: value for name, value in row.items() if name != "cohort"},
            "cohort_id": cohorts[row["cohort"]] if row["cohort"] else None,
            **{name: _instant(row[name]) for name in ("starts_at", "ends_at", "signup_by")},
        }
        activity_id = _put(store, "activity", meeting, "uid")
        if not store.find("mail_rule", activity_id=activity_id):
            meetings.lay_rules(store, activity_id)


def _instant(text: str) -> str | None:
    """`2024-06-13 14:30` in Copenhagen as the store keeps it; empty is None."""
    if not text:
        return None
    written = datetime.fromisoformat(text)
    at = calendar.to_utc(written.date(), written.time())
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    if not path.is_file():
        raise NotFound("facts_missing", path=str(path))
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise NotFound("facts_missing", path=str(path))
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _put(store: Store, table: str, row: dict[str, Any], *key: str) -> int:
    """Add the fact or bring it up to date, and return its id; what was taken out stays out."""
    values = {column: row[column] for column in key}
    found = store.find(table, **values)
    if found is None:
        return _taken_out(store, table, values) or store.insert(table, row)
    if any(found[column] != value for column, value in row.items()):
        last = store.rows(
            "history", "table_name = ? AND row_id = ?", [table, found["id"]], order="id DESC"
        )[0]
        if last["action"] == "facts.load":
            store.update(table, found["id"], row)
    return found["id"]


def _taken_out(store: Store, table: str, values: dict[str, Any]) -> int | None:
    """The id of a record with these values that somebody has deleted, None if nobody has."""
    where = " AND ".join(f"json_extract(before, '$.{column}') = ?" for column in values)
    found = store.rows(
        "history", f"table_name = ? AND after IS NULL AND {where}", [table, *values.values()]
    )
    return found[-1]["row_id"] if found else None
