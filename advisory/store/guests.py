"""Who signs up for a meeting: what they write, and the records it becomes."""

import re
import secrets

from ..domain import personal
from ..domain.errors import Refused
from ..domain.signups import State
from . import Row, Store, keeping, municipalities, people, seats
from .instants import stamp

PURPOSE = "Tilmelding til {title}"
LONGEST = {"name": 120, "email": 254, "municipality": 80, "workplace": 120, "role": 80}
LONGEST_QUESTION = 1_000
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


def words(typed: dict[str, str], question: str) -> dict[str, str]:
    """What was typed, trimmed, refused where it is missing, too long or no address."""
    found = {name: " ".join(text.split()) for name, text in typed.items()}
    found["question"] = question.strip()
    for name, limit in (*LONGEST.items(), ("question", LONGEST_QUESTION)):
        if len(found[name]) > limit:
            raise Refused("text_too_long", limit=limit)
    if not found["name"]:
        raise Refused("name_needed")
    if is_address(found["name"]):
        raise Refused("name_is_address")
    found["email"] = people.address(found["email"])
    personal.refuse_cpr(*found.values())  # also where nothing will be written: see `sign_up`
    return found


def is_address(name: str) -> bool:
    """Whether what stands where a name should is the address of a page: a name is in our mails."""
    return _ADDRESS.search(name) is not None


def as_written(store: Store, typed: dict[str, str]) -> Row:
    """What somebody wrote as it stands in a sign-up; the municipality only where it is exact."""
    return {
        "email_key": typed["email"].lower(),
        "municipality_id": municipalities.match(store, typed["municipality"]).code,
        "municipality_text": typed["municipality"],
        **{name: typed[name] for name in ("workplace", "role", "question")},
    }


def add_person(store: Store, activity: Row, name: str, email: str | None) -> int:
    """Add the person behind a sign-up, kept for the meeting's months after it; returns the id."""
    return store.insert(
        "person",
        {
            "name": name,
            "email": email,
            "purpose": PURPOSE.format(title=activity["title"]),
            "delete_after": keeping.delete_after(activity).isoformat(),
        },
    )


def insert(store: Store, activity: Row, person_id: int, state: State, row: Row) -> int:
    """Add a sign-up with a number and an unguessable token, and return its id."""
    now = stamp(store.now())
    return store.insert(
        "signup",
        {
            **{"municipality_text": "", "workplace": "", "role": "", "question": ""},
            **{"language": "da", "form_key": None},
            **row,
            "activity_id": activity["id"],
            "person_id": person_id,
            "state": str(state),
            "since_at": now,
            "created_at": now,
            "queue": seats.next_number(store, activity["id"]),
            "token": secrets.token_urlsafe(24),
        },
    )
