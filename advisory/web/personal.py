"""The page behind the link in a mail: where one stands, and what one can do about it.

The address is the key, so it goes nowhere: no referrer, no store, no index, no log. Reading changes
nothing, for mail programs open links before people do.
"""

from datetime import date
from http import HTTPStatus

import tornado.web

from ..domain import signups as rules
from ..domain.errors import NotFound, Refused
from ..domain.signups import State
from ..reports.ics import calendar_bytes
from ..store import Row, seats, signups
from ..store.instants import instant
from ..texts import Text, translator
from . import public_meetings as meetings
from .public import Public, Unknown
from .public_meetings import Meeting

ANSWERS = {"ja": signups.accept, "nej": signups.decline}


class Personal(Public):
    """What the pages behind a personal link have in common, and the first of them."""

    secret = True
    _signup: Row | None = None

    def prepare(self) -> None:
        super().prepare()
        try:
            self._signup = signups.by_token(self.desk.store, self.path_args[0])
        except NotFound:
            self.page("public_message.html", 404, kind="link", sentence=None)
            return
        self.event = Meeting(
            self.desk.store, self.desk.store.get("activity", self._signup["activity_id"])
        )

    @property
    def signup(self) -> Row:
        if self._signup is None:
            raise tornado.web.HTTPError(404)
        return self._signup

    @property
    def text(self) -> Text:
        """The language the address asks for, else the one the person signed up in."""
        own = self._signup["language"] if self._signup else self.desk.language
        return translator(self.asked_language or own)

    def get(self, token: str) -> None:
        self.show()

    head = get

    def show(self, status: int = 200, notice: str | None = None) -> None:
        """The page of this person as things stand, with a sentence about what went wrong."""
        state = self._state()
        answer_by = self.signup["answer_by"]
        self.page(
            "public_personal.html",
            status,
            meeting=self.event,
            state=str(state),
            number=seats.position(self.desk.store, self.signup),
            answer_by=meetings.at_time(self.text, instant(answer_by)) if answer_by else None,
            steps=self._steps(state),
            others=self._others() if state in (State.WAITING, State.LAPSED) else [],
            can_switch=state == State.WAITING and self._can_leave(state),
            can_leave=self._can_leave(state),
            calendar=self.link("m", self.signup["token"] + ".ics"),
            here=self.here,
            notice=notice,
        )

    def here(self, *path: str) -> str:
        """The address of this person's page, or of one below it."""
        return self.link("m", self.signup["token"], *path)

    def refuse(self, refused: Refused) -> None:
        """Say on the page why nothing was changed."""
        busy = refused.key in ("database_busy", "database_read_only", "disk_full")
        self._signup = signups.by_token(self.desk.store, self.signup["token"])
        status = HTTPStatus.SERVICE_UNAVAILABLE if busy else HTTPStatus.CONFLICT
        self.show(status, self.text.error(refused))

    def _state(self) -> State:
        """Where the person stands; an offer that was due is over, although nobody has noted it."""
        state = State(self.signup["state"])
        if state == State.OFFERED and rules.has_lapsed(
            instant(self.signup["answer_by"]), self.event.now
        ):
            return State.LAPSED
        return state

    def _can_leave(self, state: State) -> bool:
        """Whether there is something to give up."""
        return state in rules.ON_THE_LIST and self.event.is_ahead and not self.event.is_cancelled

    def _others(self) -> list[Meeting]:
        """The meetings of the same kind that have a seat."""
        ahead = meetings.alike(self.event, meetings.shown(self.desk.store))
        return [one for one in ahead if one.id != self.event.id and one.gives == State.SEAT]

    def _steps(self, state: State) -> list[meetings.Step]:
        if self.event.is_cancelled or not self.event.is_ahead:
            return []
        if state not in (State.SEAT, State.WAITING):
            return []
        steps = self.event.steps(self.text, state)
        return [step for step in steps if step.icon != "done"]


class PersonalCalendar(Personal):
    """The meeting as a calendar file for one who has a seat; with the link once sign-up has closed.

    Before that the link has been sent to nobody.
    """

    def get(self, token: str) -> None:
        if self._state() != State.SEAT or self.event.is_cancelled:
            raise tornado.web.HTTPError(404)
        row = self.event.row
        self.calendar(
            calendar_bytes(
                row,
                method="PUBLISH",
                now=self.desk.store.now(),
                language=self.text.language,
                organiser_email=row["contact_email"],
                link=not self.event.is_open,
            )
        )

    head = get


class Details(Personal):
    """What is kept about this person, and until when."""

    def get(self, token: str) -> None:
        person = signups.person_of(self.desk.store, self.signup["token"])
        self.page(
            "public_details.html",
            meeting=self.event,
            signup=self.signup,
            person=person,
            signed_up=instant(self.signup["created_at"]),
            until=date.fromisoformat(person["delete_after"]),
            here=self.here,
        )

    head = get


class Cancel(Personal):
    """Asks once before a seat, an offer or a number on the waiting list is given up."""

    def get(self, token: str) -> None:
        if not self._can_leave(self._state()):
            self.show()
            return
        self.page(
            "public_cancel.html", meeting=self.event, state=str(self._state()), here=self.here
        )

    head = get

    def post(self, token: str) -> None:
        try:
            signups.withdraw(self.desk.store, self.signup["id"])
        except Refused as refused:
            self.refuse(refused)
            return
        self.see(self.here())


class Reply(Personal):
    """Yes or no to the seat that is offered."""

    def get(self, token: str, word: str = "") -> None:
        self.see(self.here())

    def post(self, token: str, word: str) -> None:
        try:
            ANSWERS[word](self.desk.store, self.signup["id"])
        except Refused as refused:
            self.refuse(refused)
            return
        self.see(self.here())


class Switch(Personal):
    """From the waiting list of one meeting to a seat at another, in one step."""

    def get(self, token: str) -> None:
        self.see(self.here())

    def post(self, token: str) -> None:
        number = self.form().meeting
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise tornado.web.HTTPError(404)
        other = self.meeting(number)
        try:
            there = signups.switch(self.desk.store, self.signup["id"], other.id)
        except Refused as refused:
            self.refuse(refused)
            return
        self.see(self.link("m", there["token"]))


class Nowhere(Unknown):
    """There is no such page; what was asked for may still hold a part of somebody's key."""

    secret = True
