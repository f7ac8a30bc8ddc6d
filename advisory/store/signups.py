"""Signing up, waiting, being offered a seat, coming or not; over a link, without an account.

Every verb first lets offers lapse and offers the seats that are free, in the order people came.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ..domain import signups as rules
from ..domain.errors import NotFound, Refused
from ..domain.signups import State
from . import Row, Store, guests, keeping, messages, people, seats
from .instants import instant, stamp

ASK_AGAIN_SECONDS = 3600
LANGUAGES = ("da", "en")
UNSETTLED = "starts_at > ? OR id IN (SELECT activity_id FROM signup WHERE state = 'offered')"


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
    list comes to its end, with what they write now. Refuses with `signup_closed`,
    `meeting_cancelled`, `name_needed`, `email_needed`, `email_unreadable`, `text_too_long`,
    `code_unknown` and `cpr_refused`, an address on the list like any other.
    """
    store.require("signup.create")
    typed = {"name": name, "email": email, "municipality": municipality}
    words = guests.words({**typed, "workplace": workplace, "role": role}, question)
    if language not in LANGUAGES:
        raise Refused("code_unknown", code=language)
    with store.write("signup.create"):
        activity = seats.meeting(store, activity_id)
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
        written = {
            **guests.as_written(store, words),
            "language": language,
            "form_key": form_key if sent is None else None,  # that form was for another meeting
            "source": source,
        }
        if found is not None:
            signup_id = _enter(store, activity, found, state, words, written)
        else:
            person_id = guests.add_person(store, activity, words["name"], words["email"])
            signup_id = guests.insert(store, activity, person_id, state, written)
        messages.plan(store, activity_id, [signup_id])
        return Placed(signup_id, state, new=True)


def is_from(store: Store, signup_id: int, form_key: str) -> bool:
    """Whether a sign-up was made with the form that has this key."""
    with store.trusted():
        return store.get("signup", signup_id)["form_key"] == form_key


def by_token(store: Store, token: str) -> Row:
    """The sign-up that a personal link belongs to. Refuses with `personal_link_unknown`."""
    with store.trusted():  # the token is the key
        found = store.find("signup", token=token) if token else None
    if found is None:
        raise NotFound("personal_link_unknown")
    return found


def person_of(store: Store, token: str) -> Row:
    """The person whom a personal link belongs to. Refuses with `personal_link_unknown`."""
    signup = by_token(store, token)
    with store.trusted():
        return store.get("person", signup["person_id"])


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

    Refuses as `accept`, and with `meeting_begun`.
    """
    with store.write("signup.answer"):
        signup = store.get("signup", signup_id)
        if signup["state"] == State.DECLINED:
            return signup
        if store.get("activity", signup["activity_id"])["cancelled_at"]:
            raise Refused("meeting_cancelled")
        _refuse_no_offer(store, signup)
        return _leave(store, signup_id, State.DECLINED)


def settle(store: Store, activity_id: int | None = None) -> int:
    """Let offers lapse and offer the free seats, at one meeting or at all; how many changed.

    A cancelled meeting stays as it is, so that everyone on its list is told.
    """
    with store.write("signup.settle"):
        one = ("id = ?", [activity_id])
        where, args = one if activity_id else (UNSETTLED, [stamp(store.now())])
        changed = 0
        for activity in store.rows("activity", f"cancelled_at IS NULL AND ({where})", args):
            gone = lapse(store, activity)
            invited = _offer(store, activity)
            if gone + invited:
                messages.plan(store, activity["id"], [row["id"] for row in gone + invited])
            changed += len(gone) + len(invited)
        return changed


def lapse(store: Store, activity: Row) -> list[Row]:
    """Let the offers lapse whose answer was due, and return their sign-ups.

    One that is still to be told by mail does not before the meeting begins: a sender that has
    stopped must not cost people the seats they never heard of.
    """
    begun = store.now() > instant(activity["starts_at"])
    untold = set() if begun else messages.to_be_told(store, activity["id"], messages.Kind.OFFER)
    return [
        _become(store, signup, State.LAPSED)
        for signup in _in_state(store, activity["id"], State.OFFERED)
        if rules.has_lapsed(instant(signup["answer_by"]), store.now())
        and signup["id"] not in untold
    ]


def offer_from_now(store: Store, signup_id: int) -> Row:
    """Let the time to answer an offer begin now, when the mail about it goes; never shorter."""
    signup = store.get("signup", signup_id)
    activity = store.get("activity", signup["activity_id"])
    starts_at = instant(activity["starts_at"])
    by = rules.answer_by(store.now(), hours=activity["answer_hours"], starts_at=starts_at)
    return store.update("signup", signup_id, {"answer_by": max(signup["answer_by"], stamp(by))})


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
        if store.now() < instant(activity["starts_at"]):
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
    """Correct the address that mails go to, and tell the person there where they stand.

    The personal link is another from now on: the old one may be in somebody else's mailbox.
    Refuses with `email_needed`, `email_unreadable` and `email_taken`.
    """
    with store.write("signup.edit"):
        signup = store.get("signup", signup_id)
        email = people.address(email)
        other = store.find("signup", activity_id=signup["activity_id"], email_key=email.lower())
        if other is not None and other["id"] != signup_id:
            raise Refused("email_taken", email=email)
        store.update("person", signup["person_id"], {"email": email})
        changes: Row = {"email_key": email.lower()}
        if changes["email_key"] != signup["email_key"]:
            changes |= {"token": secrets.token_urlsafe(24), "asked_at": stamp(store.now())}
        after = store.update("signup", signup_id, changes)
        messages.renew(store, signup_id)
        messages.plan(store, signup["activity_id"], [signup_id])
        return after


def _refuse_closed(store: Store, activity: Row) -> None:
    by = activity["signup_by"]
    rules.refuse_closed(
        signup_by=instant(by) if by else None,
        starts_at=instant(activity["starts_at"]),
        cancelled=activity["cancelled_at"] is not None,
        now=store.now(),
    )


def _refuse_no_offer(store: Store, signup: Row) -> None:
    if signup["state"] == State.LAPSED:
        raise Refused("offer_lapsed")
    if signup["state"] != State.OFFERED:
        raise Refused("no_offer")
    if rules.has_lapsed(instant(signup["answer_by"]), store.now()):
        raise Refused("offer_lapsed")


def _ask_again(store: Store, activity: Row, signup: Row) -> None:
    """Let the person be told again where they stand, at most once an hour."""
    told = instant(signup["asked_at"] or signup["since_at"])
    if (store.now() - told).total_seconds() >= ASK_AGAIN_SECONDS:
        store.update("signup", signup["id"], {"asked_at": stamp(store.now())})
        messages.plan(store, activity["id"], [signup["id"]])


def _leave(store: Store, signup_id: int, state: State) -> Row:
    """Take a person off the list and offer what they leave."""
    signup = store.get("signup", signup_id)
    if signup["state"] not in rules.ON_THE_LIST:
        return signup
    activity = store.get("activity", signup["activity_id"])
    if store.now() >= instant(activity["starts_at"]):
        raise Refused("meeting_begun")
    after = _become(store, signup, state)
    messages.plan(store, activity["id"], [signup_id])
    settle(store, activity["id"])
    return after


def _offer(store: Store, activity: Row) -> list[Row]:
    """Offer the free seats to the first who wait, and return their sign-ups."""
    starts_at, now = instant(activity["starts_at"]), store.now()
    if activity["cancelled_at"] or now >= starts_at:
        return []
    by = rules.answer_by(now, hours=activity["answer_hours"], starts_at=starts_at)
    waiting = {row["queue"]: row for row in _in_state(store, activity["id"], State.WAITING)}
    if not waiting:
        return []
    chosen: Sequence[int] = rules.next_in_line(list(waiting), free=seats.free(store, activity))
    return [
        _become(store, waiting[number], State.OFFERED, answer_by=stamp(by)) for number in chosen
    ]


def _in_state(store: Store, activity_id: int, state: State) -> list[Row]:
    return store.rows(
        "signup", "activity_id = ? AND state = ?", [activity_id, str(state)], order="queue"
    )


def _enter(
    store: Store, activity: Row, signup: Row, state: State, words: dict[str, str], written: Row
) -> int:
    """Back on the list, at its end, as somebody who signs up now; returns the id."""
    person = {"name": words["name"], "email": words["email"]}
    again = {"delete_after": keeping.delete_after(activity).isoformat()}
    store.update("person", signup["person_id"], person | again)
    number = seats.next_number(store, activity["id"])
    _become(store, signup, state, queue=number, created_at=stamp(store.now()), **written)
    return signup["id"]


def _become(store: Store, signup: Row, state: State, **also: str | int | None) -> Row:
    changes = {
        "state": str(state),
        "since_at": stamp(store.now()),
        "answer_by": None,
        "asked_at": None,
        **also,
    }
    return store.update("signup", signup["id"], changes)


def switch(store: Store, signup_id: int, activity_id: int) -> Row:
    """Give a person who waits a seat at another meeting, and take them off this list, in one step.

    Returns the sign-up there; one that is there already comes along. Refuses with `not_waiting`,
    with `no_seat_there` when there is none, and as `sign_up`; then nothing is changed.
    """
    with store.write("signup.create"):
        signup = store.get("signup", signup_id)
        if signup["state"] != State.WAITING or signup["activity_id"] == activity_id:
            raise Refused("not_waiting")
        person = store.get("person", signup["person_id"])
        placed = sign_up(
            store,
            activity_id,
            name=person["name"],
            email=person["email"],
            municipality=signup["municipality_text"],
            **{name: signup[name] for name in ("workplace", "role", "question", "language")},
            source=signup["source"],
        )
        if placed.state != State.SEAT:
            raise Refused("no_seat_there")
        withdraw(store, signup_id)
        changes = {"municipality_id": signup["municipality_id"]}
        return store.update("signup", placed.signup_id, changes if placed.new else {})
