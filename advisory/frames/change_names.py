"""What the records in the history are called, and which municipalities they are about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..store import Row, Store

NAMES = ("name", "title", "status", "role", "audience", "kind", "key", "code", "header")
# Records without a name of their own, and what they are known by.
KNOWN_BY = {
    **dict.fromkeys(("activity_enrolment", "attendance_import", "delivery_cell"), "activity_id"),
    **dict.fromkeys(("contact", "signup"), "person_id"),
    **dict.fromkeys(("partner_order", "delivery_sheet"), "provider_id"),
    **dict.fromkeys(("enrolment", "region_membership"), "municipality_id"),
    "message": "signup_id",
    "delivery_reply": "sheet_id",
    "calendar_feed": "user_id",
}
CALLED = {  # the name of what a field points to
    "activity_id": "SELECT id, title FROM activity",
    "person_id": "SELECT id, name FROM person",
    "signup_id": "SELECT s.id, p.name FROM signup s JOIN person p ON p.id = s.person_id",
    "provider_id": "SELECT id, name FROM organisation",
    "sheet_id": (
        "SELECT s.id, o.name FROM delivery_sheet s JOIN organisation o ON o.id = s.provider_id"
    ),
    "user_id": "SELECT id, name FROM app_user",
    "municipality_id": "SELECT id, name FROM municipality",
}
CASES = (
    "SELECT e.id, m.name FROM enrolment e JOIN municipality m ON m.id = e.municipality_id WHERE 1"
)
OF_PEOPLE = "SELECT person_id, enrolment_id FROM contact WHERE enrolment_id IS NOT NULL"
SERVED = "SELECT activity_id, enrolment_id FROM activity_enrolment WHERE 1"


class Names:
    """The names that stand behind the numbers in some records, read once for all of them."""

    def __init__(self, store: Store, rows: Sequence[Row]):
        self._db = store.db
        records = [row["after"] or row["before"] or {} for row in rows]
        own: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            own[row["table_name"]].add(row["row_id"])
        self._names = {
            field: dict(self._ask(query, {one[field] for one in records if one.get(field)}))
            for field, query in CALLED.items()
        }
        self._of_person = dict(self._ask(OF_PEOPLE, own["person"], "person_id"))
        served = self._ask(SERVED, own["activity"], "activity_id")
        cases = {one["enrolment_id"] for one in records if one.get("enrolment_id")}
        cases |= own["enrolment"] | {*self._of_person.values()} | {case for _, case in served}
        self._cases = dict(self._ask(CASES, cases, "e.id"))
        self._served: dict[int, list[str]] = defaultdict(list)
        for activity_id, case in served:
            self._served[activity_id].append(self._cases[case])

    def _ask(self, query: str, ids: Iterable[int], key: str = "") -> list[tuple]:
        """The rows of a query whose `key` is among `ids`."""
        key = key or ("s.id" if " s " in query else "id")
        glue = "AND" if "WHERE" in query else "WHERE"
        wanted = ", ".join(str(int(one)) for one in sorted(ids))
        return self._db.execute(f"{query} {glue} {key} IN ({wanted})").fetchall()

    def subject(self, table: str, record: Row) -> str:
        """What a record is called: its own name or code, else that of what it belongs to."""
        if table in KNOWN_BY:
            return self._names[KNOWN_BY[table]].get(record.get(KNOWN_BY[table]), "")
        return str(next((record[name] for name in NAMES if record.get(name)), ""))

    def enrolment_id(self, table: str, record: Row) -> int | None:
        """The case that a record belongs to."""
        if table == "enrolment":
            return record.get("id")
        if table == "person":
            return self._of_person.get(record.get("id"))
        return record.get("enrolment_id")

    def homes(self, table: str, record: Row) -> list[str]:
        """The names of the municipalities that a record is about."""
        if table == "activity":
            return self._served.get(record.get("id", 0), [])
        town = self._names["municipality_id"].get(record.get("municipality_id"))
        case = self.enrolment_id(table, record)
        name = town if case is None else self._cases.get(case, town)
        return [name] if name else []
