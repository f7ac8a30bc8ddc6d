"""The public pages: which meetings there are, signing up, and the receipt. No script, no account.

What a sender is told must not say whether an address was known: after a form that could be taken,
status, headers, the address led to and the page there depend on the meeting alone, as does
everything else that can be seen here. Therefore, other than in the drawings, the receipt shows
neither an address nor a number on the waiting list, and says of a full meeting what is true of one
who has a seat as well. Where a person stands, and what they can do, is on the page behind the link
in the mail (`personal`). What is left is what anybody with enough addresses of their own can do to
any list with a limit: fill it, and see when it is full.
"""

from http import HTTPStatus
from typing import Any

import tornado.web
from markupsafe import Markup

from ..domain.errors import AdvisoryError, NotFound
from ..domain.signups import State
from ..reports.ics import calendar_bytes
from ..settings import LANGUAGES
from ..texts import Text, translator
from ..ui.safe import render, url
from . import public_meetings as meetings
from . import signup_form as forms
from .desk import Desk
from .identity import Answer
from .public_meetings import Meeting
from .unlogged import Unlogged

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
LARGEST_BODY = 64 * 1024
RECEIPTS = {State.SEAT: "plads", State.WAITING: "venteliste"}


class Public(Unlogged):
    """What all public pages have in common: language, headers, errors in words."""

    secret = False  # whether the address of the page is a person's own

    def initialize(self, desk: Desk) -> None:
        self.desk = desk
        self._sent = bytearray()

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-store")
        # An address of one's own goes to no other site. It does go to our own: without it some
        # browsers send a form as if from nowhere, and it would be taken for a foreign one.
        self.set_header("Referrer-Policy", "same-origin")
        if self.secret:
            self.set_header("X-Robots-Tag", "noindex")

    def data_received(self, chunk: bytes) -> None:
        super().data_received(chunk)
        if self.size <= LARGEST_BODY:
            self._sent += chunk

    def form(self) -> forms.Form:
        """What was posted; more than 64 kB is refused."""
        if self.size > LARGEST_BODY:
            raise tornado.web.HTTPError(413)
        return forms.read(bytes(self._sent))

    # --- language and addresses -------------------------------------------------------------

    @property
    def asked_language(self) -> str | None:
        """The language the address asks for; None leaves it to the page."""
        asked = self.request.arguments.get("lang", [b""])[-1].decode(errors="replace")
        return asked if asked in LANGUAGES else None

    @property
    def text(self) -> Text:
        return translator(self.asked_language or self.desk.language)

    def link(self, *path: object, **query: object) -> str:
        """An address of these pages in the language of this one."""
        return url("/".join(map(str, path)), **{"lang": self.asked_language, **query})

    # --- answers ----------------------------------------------------------------------------

    def page(self, template: str, status: int = 200, /, **values: object) -> None:
        """Answer with a page."""
        self.answer_with(status)
        here = self.request.path
        frame = {
            "asset": self.desk.asset,
            # what staff write is in Danish
            "danish": Markup("" if self.text.language == "da" else ' lang="da"'),
            "demo": self.desk.store.is_demo,
            "link": self.link,
            "languages": [(code, url(here, lang=code)) for code in LANGUAGES],
            "secret": self.secret,
        }
        self.finish(str(render(template, self.text, **frame, **values)))

    def answer_with(self, status: int) -> None:
        """Set the status, and let no other page stand in for this one."""
        self.set_status(status)
        answer = Answer()
        answer.status = status
        self.request.answer = answer  # type: ignore[attr-defined]

    def see(self, address: str) -> None:
        """Answer a post: go and see that page."""
        self.redirect(address, status=HTTPStatus.SEE_OTHER)

    def calendar(self, content: bytes) -> None:
        """Answer with a calendar file."""
        self.set_header("Content-Type", "text/calendar; charset=utf-8; method=PUBLISH")
        self.set_header("Content-Disposition", 'attachment; filename="moede.ics"')
        self.finish(content)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page with a sentence for whatever went wrong."""
        error = kwargs.get("exc_info", (None, None))[1]
        sentence = None
        if isinstance(error, AdvisoryError):
            status_code = 404 if isinstance(error, NotFound) else 503
            sentence = self.text.error(error)
        if status_code == 400:  # what cannot be read is no address of ours
            status_code = 404
        known = status_code if status_code in (403, 404, 405, 413, 503) else 500
        self.page("public_message.html", status_code, kind=known, sentence=sentence)

    def _request_summary(self) -> str:
        """What the logs of Tornado call a request; not where it came from, no personal address."""
        path = "/m/…" if self.secret else self.request.path
        return f"{self.request.method} {path}"

    # --- meetings ---------------------------------------------------------------------------

    def meeting(self, number: str) -> Meeting:
        """The public meeting of that number; anything else is not found."""
        row = self.desk.store.find("activity", id=int(number), public=1)
        if row is None:
            raise tornado.web.HTTPError(404)
        return Meeting(self.desk.store, row)


class Meetings(Public):
    """The list of meetings one can sign up for."""

    def get(self) -> None:
        ahead = meetings.shown(self.desk.store)
        shut = [one for one in ahead if not one.is_open]
        contacts = [one.row["contact_email"] for one in ahead if one.row["contact_email"]]
        self.page(
            "public_list.html",
            open=[one for one in ahead if one.is_open],
            shut=shut,
            contact=next(iter(contacts), None),
        )

    head = get


class Receipt(Public):
    """What was come to, after a form has been taken; it says nothing about who sent it."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("X-Robots-Tag", "noindex")

    def get(self, number: str) -> None:
        meeting = self.meeting(number)
        word, _, mark = self.get_query_argument("k", "").partition(".")
        if not self.desk.signer.is_ours(mark, "receipt", str(meeting.id), word):
            raise tornado.web.HTTPError(404)
        state = next(state for state, name in RECEIPTS.items() if name == word)
        ahead = meetings.alike(meeting, meetings.shown(self.desk.store))
        self.page(
            "public_receipt.html",
            meeting=meeting,
            has_seat=state == State.SEAT,
            steps=meeting.steps(self.text, state),
            others=[one for one in ahead if one.id != meeting.id and one.gives == State.SEAT],
        )

    head = get


class MeetingCalendar(Public):
    """A meeting as a calendar file, without the link to it."""

    def get(self, number: str) -> None:
        meeting = self.meeting(number)
        store, row = self.desk.store, meeting.row
        self.calendar(
            calendar_bytes(
                row,
                method="PUBLISH",
                now=store.now(),
                language=self.text.language,
                organiser_email=row["contact_email"],
            )
        )

    head = get


class Unknown(Public):
    """There is no such page."""

    def prepare(self) -> None:
        raise tornado.web.HTTPError(404)
