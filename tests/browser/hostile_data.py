"""Payloads in every column that a person can fill, marked with where they stand.

Every TEXT column of the records is either filled or stands in `CODED` with its reason; a new one
that is in neither fails the test. A value ends with `⟦table.column#id⟧`, by which the browser
tells what it has shown.
"""

import re
from collections.abc import Iterator
from itertools import cycle

from advisory.store import Actor, Store
from advisory.store.connection import OPERATIONAL

from .payloads import PAYLOADS, Payload

MARK = re.compile("⟦([a-z_]+\\.[a-z_]+)#([0-9]+)⟧")
MOST_PARTS = 12
MANY = 70  # rows, among which the payloads are shared out

_ROW = ("at", "from", "to", "on", "date", "by", "after")  # how the names of dates end
# What the program compares, counts with or looks up: a person chooses it, or it is made for them.
CODED = {
    **dict.fromkeys(("setting.key", "setting.value"), "numbers and dates that are checked"),
    **dict.fromkeys(("code_item.list", "code_item.code"), "codes of the reference data"),
    **dict.fromkeys(("initiative.code", "cohort.code"), "codes of the reference data"),
    "municipality.slug": "made of the name, for addresses",
    **dict.fromkeys(("municipality.nuts3", "region_membership.region_code"), "public codes"),
    "municipality.part": "the row of a code list that the balance groups by",
    **dict.fromkeys(("organisation.kind", "app_user.role", "app_user.login"), "codes and keys"),
    "app_user.subject": "what an OpenID Connect provider calls somebody; shown nowhere",
    "enrolment.prior_experience": "a code",
    "enrolment_status.status": "a code",
    "contact.audience": "a code",
    **dict.fromkeys(
        (f"milestone_template.{name}" for name in ("code", "phase", "kind", "anchor")), "codes"
    ),
    **dict.fromkeys(("milestone_template.anchor_code", "milestone_template.unit"), "codes"),
    **dict.fromkeys((f"milestone.{name}" for name in ("phase", "kind", "anchor", "unit")), "codes"),
    "note.kind": "a code",
    **dict.fromkeys(("activity.kind", "activity.uid"), "a code, and a key that is made"),
    **dict.fromkeys((f"signup.{name}" for name in ("state", "language", "source")), "codes"),
    **dict.fromkeys((f"signup.{name}" for name in ("email_key", "token", "form_key")), "keys"),
    **dict.fromkeys((f"{one}.kind" for one in ("mail_template", "mail_rule", "message")), "codes"),
    **dict.fromkeys((f"{one}.anchor" for one in ("mail_template", "mail_rule")), "codes"),
    **dict.fromkeys((f"{one}.at" for one in ("mail_template", "mail_rule")), "times of day"),
    **dict.fromkeys((f"message.{name}" for name in ("occasion", "state", "reason")), "codes"),
    "message.message_id": "a key that is made",
    **dict.fromkeys(("attendance_import.sha256", "attendance_import.format"), "made of a file"),
    **dict.fromkeys(("attendee.spans", "attendee.decision"), "instants, a code"),
    **dict.fromkeys(("headcount.audience", "audience_target.audience"), "codes"),
    "delivery_sheet.rows": "what was sent, as the program wrote it",
    "delivery_reply.sha256": "made of a file",
    **dict.fromkeys(("delivery_cell.field", "delivery_cell.decision"), "codes"),
    **dict.fromkeys(("delivery_cell.base", "delivery_cell.theirs"), "days, times and numbers"),
    "calendar_feed.sha256": "made of a key",
    "place_change.kind": "a code",
    **dict.fromkeys(("column_mapping.list", "column_mapping.field"), "codes"),
    "decision_letter.kind": "a code",
}
# Shown many times on a page: each row has a part of the payloads, all rows together have all.
OFTEN = {
    *("municipality.name", "municipality.official_name", "municipality.short"),
    *("municipality.aliases", "municipality.kind", "municipality.source"),
    *("region_membership.region", "region_membership.source"),
    *("organisation.name", "app_user.name", "app_user.initials", "code_item.da", "code_item.en"),
    *("person.name", "person.email", "person.phone", "contact.role", "activity.title"),
    *("activity.place", "activity.link", "milestone.name", "milestone.name_en"),
    *("milestone_template.name_da", "milestone_template.name_en"),
    *("milestone_template.short_da", "milestone_template.short_en"),
    *("signup.role", "attendee.name"),
    *("task.title", "message.detail", "enrolment_status.actor"),
    *("place_change.actor",),
}
# Shown once where it is shown: every row has all payloads, however many rows there are.
WHOLE = {
    *(f"activity.{name}" for name in ("body", "agreed", "next_step", "materials", "for_whom")),
    *("activity.organiser", "activity.contact_email", "activity.cancel_reason", "note.text"),
    *("signup.workplace", "signup.municipality_text", "signup.question", "message.detail"),
    *("milestone.override_reason", "milestone.na_reason", "attendee.email"),
    *(f"mail_rule.{name}" for name in ("subject_da", "body_da", "subject_en", "body_en")),
}
# On no page of the site: where facts come from, what other rows are made from, other spellings.
NOWHERE = {
    *(f"{one}.source" for one in ("activity", "audience_target", "code_item", "decision_letter")),
    *(f"{one}.source" for one in ("mail_template", "milestone_template", "municipality")),
    *(f"{one}.source" for one in ("organisation", "partner_order", "region_membership")),
    *(f"mail_template.{name}" for name in ("subject_da", "body_da", "subject_en", "body_en")),
    *("municipality.aliases", "municipality.kind", "municipality.official_name"),
    *("person.purpose", "delivery_reply.file_name", "milestone_template.short_en"),
    # in the dialog of one milestone in each case: tests/ui/test_pages.py opens every one
    *("milestone.na_reason", "milestone.override_reason"),
}
FILLED_IN = ("mail_template.", "mail_rule.", "decision_letter.")  # a name in braces is looked up
ONE_LINE = ("subject", "subject_da", "subject_en", "email", "contact_email")  # refused otherwise


def columns(store: Store) -> Iterator[tuple[str, str]]:
    """Every column with text that is no date and no instant, of the tables that are records."""
    for table in store.db.table_names():
        if table.startswith(("_", "sqlite_")) or table in OPERATIONAL or table == "history":
            continue
        for column in store.db[table].columns:
            if column.type == "TEXT" and not _is_date(column.name):
                yield table, column.name


def _is_date(name: str) -> bool:
    return name.split("_")[-1] in _ROW and name not in ("at", "from", "to", "on")


def fit(table: str, column: str) -> tuple[Payload, ...]:
    """The payloads that the column can hold: braces of a mail hold names, an address one line."""
    found = PAYLOADS
    if f"{table}.{column}".startswith(FILLED_IN):
        found = tuple(one for one in found if not {"{", "}"} & set(one.text))
    if column in ONE_LINE:
        found = tuple(one for one in found if one.text.isprintable())
    return found


def parts(table: str, column: str, rows: int) -> list[tuple[Payload, ...]]:
    """What the rows of a table hold in a column, in turn."""
    held, name = fit(table, column), f"{table}.{column}"
    shared = name in OFTEN or (rows > MANY and name not in WHOLE)
    n = min(MOST_PARTS, rows) if shared else 1
    return [held[number::n] for number in range(n)]


def is_shared(name: str, held: dict[str, dict[int, tuple[Payload, ...]]]) -> bool:
    """Whether the rows of a column share the payloads out among them."""
    return len(set(held[name].values())) > 1


def write_everywhere(store: Store) -> dict[str, dict[int, tuple[Payload, ...]]]:
    """Fill every column of every row; what each row holds, by `table.column` and id."""
    held: dict[str, dict[int, tuple[Payload, ...]]] = {}
    filled: dict[str, list[str]] = {}
    for table, column in columns(store):
        if f"{table}.{column}" not in CODED:
            filled.setdefault(table, []).append(column)
    own, names = store.actor, cycle(_actors())
    with store.together():
        for table, of in filled.items():
            rows = store.rows(table)
            shares = {column: parts(table, column, len(rows)) for column in of}
            for number, row in enumerate(rows):
                chosen = {column: all_[number % len(all_)] for column, all_ in shares.items()}
                for column, share in chosen.items():
                    held.setdefault(f"{table}.{column}", {})[row["id"]] = share
                if number % 40 == 0:
                    store.actor = Actor("hostile@styrelsen.example", next(names), "system")
                with store.write("demo.load"):
                    store.update(table, row["id"], values(table, row["id"], chosen))
    store.actor = own
    return held


def values(table: str, row_id: int, chosen: dict[str, tuple[Payload, ...]]) -> dict[str, str]:
    """What each column of a row is filled with."""
    return {column: value(share, table, column, row_id) for column, share in chosen.items()}


def value(share: tuple[Payload, ...], table: str, column: str, row_id: int) -> str:
    """The payloads one after another, and the mark; addresses and names in letters as they are."""
    between = "\n" if column in ("link", "materials", "attachments") else " "
    return between.join(one.text for one in share) + f"⟦{table}.{column}#{row_id}⟧"


def _actors() -> list[str]:
    """Names of people who write, as they stand in the history."""
    return [" ".join(one.text for one in PAYLOADS[number::20]) for number in range(20)]
