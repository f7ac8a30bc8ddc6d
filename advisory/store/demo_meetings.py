"""Openly invented participation in the info meetings: signing up, cancelling, being there.

The meetings of June 2024 are facts, the later ones are invented like the people. As in `demo`
everything happens through the product's verbs, in the order of time. No mail leaves.
"""

import random
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

from ..domain import calendar
from ..domain import messages as mail_rules
from ..domain.signups import State
from . import (
    Actor,
    Store,
    demo_attendance,
    demo_guests,
    demo_rounds,
    meetings,
    messages,
    outbox,
    signups,
)
from .demo_guests import Guest
from .demo_rounds import Meeting
from .instants import instant

PUBLIC = Actor("public", "Tilmelding", "public")
SOON = timedelta(seconds=40)
MAIL_DOMAIN = "peerforloeb.example"
NO_SUCH_ADDRESS = "550 5.1.2 Host unknown"

Happening = Callable[[], Any]


class Stage(Protocol):
    """What the story is played on."""

    store: Store
    until: date
    seed_number: int
    names: dict[str, Any]
    actors: dict[str, Actor]
    applied: dict[tuple[str, int], date]

    def let(self, when: datetime, who: Actor, happen: Happening) -> None:
        """Let something happen at an instant, if it is before `until`."""


class Meetings:
    """The meetings and what happens at them, made known to `stage` as events."""

    def __init__(self, stage: Stage, folder: Path, system: Actor, source: str):
        self.stage, self.store, self.system, self.source = stage, stage.store, system, source
        text = (folder / "meetings_da.toml").read_text(encoding="utf-8")
        self.words = tomllib.loads(text)
        self.office = next(one for one in stage.actors.values() if one.role == "office")
        self.meetings: dict[int, Meeting] = {}
        self.sender_called = False

    def invent(self) -> None:
        """Arrange every meeting that is announced before the story ends."""
        models, seed = self.words["meeting"], self.stage.seed_number
        self._mark_facts()
        municipalities = self.store.rows("municipality")
        consultants = [one for one in self.stage.actors.values() if one.role == "consultant"]
        homes = demo_rounds.homes(models, municipalities, self.stage.applied, seed)
        for plan in demo_rounds.plans(models, self.stage.until):
            draw = random.Random(f"{seed}.meeting.{plan['starts']}")
            meeting = Meeting(
                plan,
                homes.get(plan["starts"]) or draw.sample(municipalities, demo_rounds.ANYBODY),
                draw,
                host=draw.choice(consultants),
                replies=cycle(plan.get("answers", ["yes"])),
            )
            self.stage.let(
                calendar.to_utc(meeting.announced, time(9, draw.randint(0, 29))),
                self.office,
                lambda meeting=meeting: self._announce(meeting),
            )

    def _mark_facts(self) -> None:
        """Let the meetings that are facts say that those who come to them are not."""
        with self.store.write("demo.load"):
            for uid in (model["uid"] for model in self.words["meeting"] if "uid" in model):
                activity = self.store.find("activity", uid=uid)
                source = f"{activity['source']}. Link og deltagere er {self.source}"
                self.store.update("activity", activity["id"], {"source": source})

    # --- a meeting --------------------------------------------------------------------------

    def _announce(self, meeting: Meeting) -> None:
        """Open the sign-up, and arrange who comes, who cancels, when mails fall due."""
        code = calendar.local_date(meeting.starts_at).strftime("%Y%m%d")
        link = self.words["link"].format(code=code)
        if uid := meeting.plan.get("uid"):
            meeting.activity_id = self.store.find("activity", uid=uid)["id"]
            meetings.edit(self.store, meeting.activity_id, {"link": link})
        else:
            meeting.activity_id = self._create(meeting, link)
        self.meetings[meeting.activity_id] = meeting
        self._arrange_guests(meeting)
        self._arrange_mails(meeting)
        morning = calendar.local(meeting.starts_at).hour < 12
        read_at = meeting.ends_at + timedelta(minutes=27 if morning else 17)
        self._arrange(meeting, read_at, meeting.host, lambda: self._read_report(meeting))

    def _create(self, meeting: Meeting, link: str) -> int:
        content = self.words["content"][meeting.plan["content"]]
        cohort = self.store.find("cohort", code=meeting.plan.get("cohort"))
        return meetings.create(
            self.store,
            **content,
            **{name: self.words[name] for name in ("organiser", "contact_email", "answer_hours")},
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            signup_by=meeting.closes_at,
            place="Online",
            link=link,
            capacity=meeting.plan["seats"],
            cohort_id=cohort["id"] if cohort else None,
            source=self.source,
        )

    def _arrange_guests(self, meeting: Meeting) -> None:
        """Draw who signs up and when, and when somebody cancels."""
        draw, plan = meeting.draw, meeting.plan
        arrivals = [at for wave in plan["waves"] for at in demo_guests.instants(draw, *wave)]
        guests = demo_guests.guests(
            draw,
            len(arrivals),
            meeting.homes,
            self.words,
            self.stage.names,
            plan.get("guests", ()),
            among=plan["waves"][0][2],
        )
        for at, guest in zip(arrivals, guests):
            if at <= self.store.now():  # drawn for the morning of the day it was announced
                at = self.store.now() + timedelta(seconds=draw.randint(60, 9_000))
            self._arrange(meeting, at, PUBLIC, lambda guest=guest: self._sign_up(meeting, guest))
        for wave in plan["leaves"]:
            for at in demo_guests.instants(draw, *wave):
                self._arrange(meeting, at, PUBLIC, lambda: self._leave(meeting))

    def _arrange_mails(self, meeting: Meeting) -> None:
        """Call the sender when the mails of a meeting fall due that go at a given time."""
        activity = self.store.get("activity", meeting.activity_id)
        for row in self.store.rows("mail_rule", "activity_id = ?", [activity["id"]], "position"):
            if row["anchor"] != "event":
                rule = messages.rule_of(row)
                due_at = mail_rules.rule_time(rule, messages.meeting_of(activity))
                self.stage.let(due_at + SOON, self.system, self._send)

    def _arrange(self, meeting: Meeting, at: datetime, who: Actor, happen: Happening) -> None:
        """Let something happen at a meeting; then its mails go, and who is offered a seat answers.

        Several things within a minute give one run of the sender.
        """

        def happens() -> None:
            happen()
            self._heed_offers(meeting)
            if not self.sender_called:
                self.sender_called = True
                self.stage.let(self.store.now() + SOON, self.system, self._send)

        self.stage.let(at, who, happens)

    # --- signing up, being put right, cancelling, answering ---------------------------------

    def _sign_up(self, meeting: Meeting, guest: Guest) -> None:
        placed = signups.sign_up(self.store, meeting.activity_id, **guest.form)
        meeting.guests[placed.signup_id] = guest
        if guest.mended:
            right = guest.form["email"].partition("@")[0] + f"@{guest.home}.example"
            self._put_right(
                meeting, 2, lambda: signups.set_address(self.store, placed.signup_id, right)
            )
        row = self.store.get("signup", placed.signup_id)
        if meeting.plan.get("tidied") and guest.means and row["municipality_id"] is None:
            self._put_right(
                meeting,
                1,
                lambda: signups.set_municipality(self.store, placed.signup_id, guest.means),
            )

    def _put_right(self, meeting: Meeting, days: int, happen: Happening) -> None:
        """Let the consultant do something in office hours some days from now."""
        day = calendar.next_working_day(self.store.today() + timedelta(days=days))
        at = time(meeting.draw.randint(9, 14), meeting.draw.randint(0, 59))
        self._arrange(meeting, calendar.to_utc(day, at), meeting.host, happen)

    def _leave(self, meeting: Meeting) -> None:
        """Somebody who has a seat and plays no part later cancels."""
        seated = [
            id_ for id_ in meeting.in_state(self.store, State.SEAT) if not meeting.guests[id_].known
        ]
        if seated:
            signups.withdraw(self.store, meeting.draw.choice(seated))

    def _heed_offers(self, meeting: Meeting) -> None:
        """Those who are offered a seat say yes, say no, or let it lapse."""
        for signup_id in meeting.in_state(self.store, State.OFFERED):
            if signup_id in meeting.asked:
                continue
            meeting.asked.add(signup_id)
            reply = next(meeting.replies)
            by = instant(self.store.get("signup", signup_id)["answer_by"])
            if reply == "silent":
                self.stage.let(by + SOON, self.system, self._send)
                continue
            answer = signups.accept if reply == "yes" else signups.decline
            at = _awake(self.store.now() + timedelta(minutes=meeting.draw.randint(20, 500)))
            self._arrange(
                meeting,
                min(at, by),
                PUBLIC,
                lambda answer=answer, id_=signup_id: answer(self.store, id_),
            )

    # --- the mails, and who was there -------------------------------------------------------

    def _send(self) -> None:
        """What the sender would do now, but that nothing leaves: all that is due is `sent`."""
        self.sender_called = False
        with self.store.write("message.send"):
            outbox.begin(self.store)
            while letter := outbox.claim(self.store, domain=MAIL_DOMAIN):
                guest = self.meetings[letter.activity["id"]].guests.get(letter.signup["id"])
                if guest and guest.mistyped and guest.form["email"] == letter.person["email"]:
                    outbox.refused(self.store, letter.message["id"], NO_SUCH_ADDRESS)
                else:
                    outbox.sent(self.store, letter.message["id"])
        offered = self.store.rows("signup", "state = 'offered'")
        for activity_id in sorted({row["activity_id"] for row in offered}):
            self._heed_offers(self.meetings[activity_id])

    def _read_report(self, meeting: Meeting) -> None:
        names = self.stage.names
        demo_attendance.read_report(
            self.store, meeting, self.words, names, self.office, self._arrange
        )


def _awake(at: datetime) -> datetime:
    """The same instant, or the next morning when it is in the night."""
    local = calendar.local(at)
    if 7 <= local.hour < 22:
        return at
    day = local.date() + timedelta(days=local.hour >= 22)
    return calendar.to_utc(day, time(7, local.minute))
