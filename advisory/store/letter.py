"""What one mail is written from: the records it names, and what its calendar file is to say."""

from dataclasses import dataclass
from typing import Literal

from ..domain.signups import State
from . import Row, Store, seats

INVITING, ENDING = ("confirmation", "moved", "link"), ("cancelled", "withdrawn")

Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True)
class Letter:
    """What a mail is written from: the records, and what the calendar file in it is to say.

    `number` is the place in the waiting list, None for who does not wait. `method` is None for a
    mail without a calendar file; `sequence` is higher than in the mails this person had before it.
    """

    message: Row
    rule: Row
    activity: Row
    signup: Row
    person: Row
    number: int | None = None
    method: Method | None = None
    sequence: int = 0
    with_link: bool = False


def letter(store: Store, row: Row) -> Letter:
    """What the mail `row` is written from, as things stand."""
    signup = store.get("signup", row["signup_id"])
    activity = store.get("activity", row["activity_id"])
    rule = store.find("mail_rule", activity_id=activity["id"], kind=row["kind"])
    calendar = "signup_id = ? AND id <> ? AND state IN ('sent', 'uncertain') AND kind IN"
    kinds = f"({', '.join('?' * len(INVITING + ENDING))})"
    args = [signup["id"], row["id"], *INVITING, *ENDING]
    earlier = [one["kind"] for one in store.rows("message", f"{calendar} {kinds}", args)]
    return Letter(
        message=row,
        rule=rule or {},
        activity=activity,
        signup=signup,
        person=store.get("person", signup["person_id"]),
        number=seats.position(store, signup),
        method=_method(row["kind"], signup["state"], earlier),
        sequence=activity["sequence"] + len(earlier),
        with_link="link" in (row["kind"], *earlier),
    )


def _method(kind: str, state: str, earlier: list[str]) -> Method | None:
    """Only who has a seat is asked to come, and only who was asked is told that it is off."""
    if kind in INVITING:
        return "REQUEST" if state == State.SEAT else None
    return "CANCEL" if kind in ENDING and {"confirmation", "link"} & set(earlier) else None
