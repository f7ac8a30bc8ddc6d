"""Signing up, waiting, being offered a seat, coming or not; over a link, without an account.

Every verb first lets offers lapse and offers the seats that are free, in the order people came.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..domain import calendar
from ..domain import signups as rules
from ..domain.errors import NotFound, Refused
from ..domain.signups import State
from . import Row, Store, messages, municipalities, people, seats

PURPOSE = "Tilmelding til {title}"
LONGEST = {"name": 120, "email": 254, "municipality": 80, "workplace": 120, "role": 80}
LONGEST_QUESTION = 1_000
ASK_AGAIN_SECONDS = 3600


@dataclass(frozen=True)
class Placed:
    """What signing up came to: whose sign-up, where it stands, and whether it is a new one."""

    signup_id: int
    state: State
    new: bool


def sign_up(
    store: Store,
    activity_id: int,
    *,
    name: str,
    email: str,
    municipality: str = "",
    workplace: str = "",
    role: str = "",
    question: str = "",
    language: str = "da",
    form_key: str | None = None,
    source: str = "public",
) -> Placed:
    """Sign a person up: a seat while there are some, else the end of the waiting list.

    The same address (in any case) or the same form again changes nothing and gives the first
    sign-up; who asks again is told by mail where they stand, at most once an hour. Who had left the
    list comes to its end. Refuses with `signup_closed`, `meeting_cancelled`, `name_needed`,
    `email_needed`, `email_unreadable`, `text_too_long`, `cpr_refused`.
    """
    typed = {"name": name, "email": email, "municipality": municipality}
    words = _words({**typed, "workplace": workplace, "role": role}, question)
    with store.write("signup.create"):
        activity = store.get("activity", activity_id)
        sent = store.find("signup", form_key=form_key) if form_key else None
        if sent is not None and sent["activity_id"] == activity_id:
            return Placed(sent["id"], State(sent["state"]), new=False)
        _refuse_closed(store, activity)
        settle(store, activity_id)
        found = store.find("signup", activity_id=activity_id, email_key=words["email"].lower())
        if found is not None and found["state"] in rules.ON_THE_LIST:
            _ask_again(store, activity, found)
            return Placed(found["id"], State(found["state"]), new=False)
        state = rules.place_for(
            free=seats.free(store, activity), waiting=seats.waiting(store, activity_id)
        )
        if found is not None:
            _enter(store, found, state, seats.next_number(store, activity_id))
            signup_id = found["id"]
        else:
            signup_id = _add(store, activity, state, words, language, form_key, source)
        messages.plan(store, activity_id, [signup_id])
        return Placed(signup_id, state, new=True)


def by_token(store: Store, token: str) -> Row:
    """The sign-up that a personal link belongs to. Refuses with `personal_link_unknown`."""
    found = store.find("signup", token=token) if token else None
    if found is None:
        raise NotFound("personal_link_unknown")
    return found


def withdraw(store: Store, signup_id: int) -> Row:
    """Take a person off the list; the seat is offered to the next. Twice is once.

    Refuses with `meeting_begun` once there is nothing to give back.
    """
    with store.write("signup.withdraw"):
        return _leave(store, signup_id, State.WITHDRAWN)


def accept(store: Store, signup_id: int) -> Row:
    """Take the seat that is offered. Twice is once.

    Refuses with `offer_lapsed` after the answer was due, with `no_offer` when there is none, and
    with `meeting_cancelled`.
    """
    with store.write("signup.answer"):
        signup = store.get("signup", signup_id)
        activity = store.get("activity", signup["activity_id"])
        if activity["cancelled_at"]:
            raise Refused("meeting_cancelled")
        if signup["state"] == State.SEAT:
            return signup
        _refuse_no_offer(store, signup)
        after = _become(store, signup, State.SEAT)
        messages.plan(store, activity["id"], [signup_id])
        return after


def decline(store: Store, signup_id: int) -> Row:
    """Say no to the seat that is offered, and leave the list. Twice is once.

    Refuses as `accept`.
    """
    with store.write("signup.answer"):
        signup = store.get("signup", signup_id)
        if signup["state"] == State.DECLINED:
            return signup
        _refuse_no_offer(store, signup)
        return _leave(store, signup_id, State.DECLINED)


def settle(store: Store, activity_id: int | None = None) -> int:
    """Let offers lapse and offer the free seats, at one meeting or at all that have not begun.

    Returns how many sign-ups changed.
    """
    with store.write("signup.settle"):
        now = store.now()
        where, args = ("id = ?", [activity_id]) if activity_id else ("ends_at > ?", [_stamp(now)])
        changed = 0
        for activity in store.rows("activity", where, args):
            gone = lapse(store, activity)
            invited = _offer(store, activity)
            if gone + invited:
                messages.plan(store, activity["id"], seats.ids(gone + invited))
            changed += len(gone) + len(invited)
        return changed


def lapse(store: Store, activity: Row) -> list[Row]:
    """Let the offers lapse whose answer was due, and return their sign-ups."""
    return [
        _become(store, signup, State.LAPSED)
        for signup in _in_state(store, activity["id"], State.OFFERED)
        if rules.has_lapsed(seats.instant(signup["answer_by"]), store.now())
    ]


def clip_offers(store: Store, activity: Row) -> None:
    """No offer lasts beyond the start of a meeting that has been moved closer."""
    for signup in _in_state(store, activity["id"], State.OFFERED):
        by = min(signup["answer_by"], activity["starts_at"])
        store.update("signup", signup["id"], {"answer_by": by})


def set_present(
    store: Store, signup_id: int, present: bool | None, *, version: int | None = None
) -> Row:
    """Tick whether somebody was there; None leaves it to the report. Returns the sign-up.

    Refuses with `meeting_not_begun` and `meeting_cancelled`.
    """
    with store.write("attendance.edit"):
        signup = store.get("signup", signup_id)
        activity = store.get("activity", signup["activity_id"])
        if activity["cancelled_at"]:
            raise Refused("meeting_cancelled")
        if store.now() < seats.instant(activity["starts_at"]):
            raise Refused("meeting_not_begun")
        tick = None if present is None else int(present)
        after = store.update("signup", signup_id, {"present": tick}, version=version)
        messages.plan(store, activity["id"], [signup_id])
        return after


def set_municipality(
    store: Store, signup_id: int, municipality_id: int | None, *, version: int | None = None
) -> Row:
    """Say which municipality somebody comes from; what they wrote stays beside it."""
    with store.write("signup.edit"):
        if municipality_id is not None:
            store.get("municipality", municipality_id)
        changes = {"municipality_id": municipality_id}
        return store.update("signup", signup_id, changes, version=version)


def set_address(store: Store, signup_id: int, email: str) -> Row:
    """Correct the address that mails go to, and let those that failed go again.

    Refuses with `email_needed`, `email_unreadable` and `email_taken`.
    """
    with store.write("signup.edit"):
        signup = store.get("signup", signup_id)
        email = people.address(email)
        other = store.find("signup", activity_id=signup["activity_id"], email_key=email.lower())
        if other is not None and other["id"] != signup_id:
            raise Refused("email_taken", email=email)
        store.update("person", signup["person_id"], {"email": email})
        after = store.update("signup", signup_id, {"email_key": email.lower()})
        messages.renew(store, signup_id)
        messages.plan(store, signup["activity_id"], [signup_id])
        return after


def add_person(store: Store, activity: Row, name: str, email: str | None) -> int:
    """Add the person behind a sign-up, kept for the meeting's months after it; returns the id."""
    day = calendar.local_date(seats.instant(activity["ends_at"]))
    return store.insert(
        "person",
        {
            "name": name,
            "email": email,
            "purpose": PURPOSE.format(title=activity["title"]),
            "delete_after": calendar.add_months(day, activity["keep_months"]).isoformat(),
        },
    )


def insert(store: Store, activity: Row, person_id: int, state: State, row: Row) -> int:
    """Add a sign-up with a number and an unguessable token, and return its id."""
    now = _stamp(store.now())
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


def _add(
    store: Store,
    activity: Row,
    state: State,
    words: dict[str, str],
    language: str,
    form_key: str | None,
    source: str,
) -> int:
    person_id = add_person(store, activity, words["name"], words["email"])
    return insert(
        store,
        activity,
        person_id,
        state,
        {
            "email_key": words["email"].lower(),
            "municipality_id": municipalities.match(store, words["municipality"]).code,
            "municipality_text": words["municipality"],
            **{name: words[name] for name in ("workplace", "role", "question")},
            "language": language,
            "form_key": form_key,
            "source": source,
        },
    )


def _words(typed: dict[str, str], question: str) -> dict[str, str]:
    """What was typed, trimmed, refused where it is missing, too long or no address."""
    words = {name: " ".join(text.split()) for name, text in typed.items()}
    words["question"] = question.strip()
    for name, limit in (*LONGEST.items(), ("question", LONGEST_QUESTION)):
        if len(words[name]) > limit:
            raise Refused("text_too_long", limit=limit)
    if not words["name"]:
        raise Refused("name_needed")
    words["email"] = people.address(words["email"])
    return words


def _refuse_closed(store: Store, activity: Row) -> None:
    by = activity["signup_by"]
    rules.refuse_closed(
        signup_by=seats.instant(by) if by else None,
        starts_at=seats.instant(activity["starts_at"]),
        cancelled=activity["cancelled_at"] is not None,
        now=store.now(),
    )


def _refuse_no_offer(store: Store, signup: Row) -> None:
    if signup["state"] == State.LAPSED:
        raise Refused("offer_lapsed")
    if signup["state"] != State.OFFERED:
        raise Refused("no_offer")
    if rules.has_lapsed(seats.instant(signup["answer_by"]), store.now()):
        raise Refused("offer_lapsed")


def _ask_again(store: Store, activity: Row, signup: Row) -> None:
    """Let the person be told again where they stand, at most once an hour."""
    told = seats.instant(signup["asked_at"] or signup["since_at"])
    if (store.now() - told).total_seconds() >= ASK_AGAIN_SECONDS:
        store.update("signup", signup["id"], {"asked_at": _stamp(store.now())})
        messages.plan(store, activity["id"], [signup["id"]])


def _leave(store: Store, signup_id: int, state: State) -> Row:
    """Take a person off the list and offer what they leave."""
    signup = store.get("signup", signup_id)
    if signup["state"] not in rules.ON_THE_LIST:
        return signup
    activity = store.get("activity", signup["activity_id"])
    if store.now() >= seats.instant(activity["starts_at"]):
        raise Refused("meeting_begun")
    after = _become(store, signup, state)
    messages.plan(store, activity["id"], [signup_id])
    settle(store, activity["id"])
    return after


def _offer(store: Store, activity: Row) -> list[Row]:
    """Offer the free seats to the first who wait, and return their sign-ups."""
    starts_at, now = seats.instant(activity["starts_at"]), store.now()
    if activity["cancelled_at"] or now >= starts_at:
        return []
    by = rules.answer_by(now, hours=activity["answer_hours"], starts_at=starts_at)
    waiting = {row["queue"]: row for row in _in_state(store, activity["id"], State.WAITING)}
    if not waiting:
        return []
    chosen: Sequence[int] = rules.next_in_line(list(waiting), free=seats.free(store, activity))
    return [
        _become(store, waiting[number], State.OFFERED, answer_by=_stamp(by)) for number in chosen
    ]


def _in_state(store: Store, activity_id: int, state: State) -> list[Row]:
    return store.rows(
        "signup", "activity_id = ? AND state = ?", [activity_id, str(state)], order="queue"
    )


def _enter(store: Store, signup: Row, state: State, number: int) -> Row:
    """Back on the list, at its end."""
    return _become(store, signup, state, queue=number)


def _become(store: Store, signup: Row, state: State, **also: str | int | None) -> Row:
    changes = {
        "state": str(state),
        "since_at": _stamp(store.now()),
        "answer_by": None,
        "asked_at": None,
        **also,
    }
    return store.update("signup", signup["id"], changes)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
