"""The sign-up form going out, coming back, and being taken, mended or sent again."""

import asyncio
from collections.abc import Callable
from functools import partial

from ..domain.errors import Refused
from ..domain.municipalities import sort_key
from ..domain.signups import State
from ..store import signups
from . import public_meetings as meetings
from . import signup_form as forms
from .public import RECEIPTS, Public
from .public_meetings import Meeting

# An answer is ready sooner when nothing has to be written; nobody is answered before this.
ANSWER_SECONDS = 0.05


class SignUp(Public):
    """The form of a meeting, and what was sent with it."""

    def get(self, number: str) -> None:
        meeting = self.meeting(number)
        if not meeting.is_open:
            self._closed(meeting, 200)
            return
        self._show(meeting, forms.Form(meeting=number, ticket=self.desk.tickets.new()))

    head = get

    async def post(self, number: str) -> None:
        form = self.form()
        shown = self.meeting(number)
        chosen = self._chosen(form, shown)
        answer = await self._not_yet(form, shown, chosen)
        if answer is not None:
            answer()
        elif form.trap:
            await self._receipt(chosen, chosen.gives)
        else:
            await self._take(form, shown, chosen)

    def _chosen(self, form: forms.Form, shown: Meeting) -> Meeting:
        digits = form.meeting.isascii() and form.meeting.isdigit() and len(form.meeting) <= 18
        if not digits or int(form.meeting) == shown.id:
            return shown
        return self.meeting(form.meeting)

    async def _not_yet(
        self, form: forms.Form, shown: Meeting, chosen: Meeting
    ) -> Callable[[], None] | None:
        """What to answer instead of taking the form; None is to take it."""
        if wait := await self.desk.throttle.place(self.place):
            return partial(self._wait, form, shown, wait)
        if form.fill:
            form.values["municipality"] = form.fill
            return partial(self._show, shown, form)
        if not chosen.is_open:
            return partial(self._closed, chosen, 409)
        if form.trap:
            return None
        found = forms.problems(form, self.desk.known, self.text)
        if found:
            return partial(self._show, shown, form, 422, problems=found)
        if not self.desk.tickets.is_in_time(form.ticket):
            again = self.text("public_error.again")
            return partial(self._show, shown, form, 422, notice=again)
        key = self._key(form, chosen)
        if wait := await self.desk.throttle.address(form.values["email"], key):
            return partial(self._wait, form, shown, wait)
        return None

    async def _take(self, form: forms.Form, shown: Meeting, chosen: Meeting) -> None:
        values = forms.kept(form.values)
        key = self._key(form, chosen)
        typed = {**values, "language": self.text.language, "form_key": key}
        try:
            placed = await self.desk.write(
                partial(signups.sign_up, self.desk.store, chosen.id, **typed)
            )
        except Refused as refused:
            self._refused(form, shown, chosen, refused)
            return
        await self._receipt(chosen, self._told(placed, chosen, key))

    def _key(self, form: forms.Form, chosen: Meeting) -> str:
        return self.desk.tickets.key(form.ticket, chosen.id, form.values["email"])

    def _told(self, placed: signups.Placed, chosen: Meeting, key: str) -> State:
        """What a new address gets at this moment; the same form again gets what it was told."""
        if placed.new:
            return placed.state
        if signups.is_from(self.desk.store, placed.signup_id, key) and placed.state in RECEIPTS:
            return placed.state
        return Meeting(self.desk.store, chosen.row).gives

    async def _receipt(self, meeting: Meeting, state: State) -> None:
        """Lead on to the receipt, after a time that does not tell what there was to do."""
        await asyncio.sleep(ANSWER_SECONDS - self.request.request_time())
        word = RECEIPTS[state]
        mark = self.desk.signer.mark("receipt", str(meeting.id), word)
        self.see(self.link("tilmelding", meeting.id, "kvittering", k=f"{word}.{mark}"))

    def _refused(self, form: forms.Form, shown: Meeting, chosen: Meeting, refused: Refused) -> None:
        if refused.key in ("signup_closed", "meeting_cancelled"):
            self._closed(Meeting(self.desk.store, chosen.row), 409)
        else:
            self._show(shown, form, 503, notice=self.text.error(refused))

    def _wait(self, form: forms.Form, shown: Meeting, minutes: int) -> None:
        self.set_header("Retry-After", str(60 * minutes))
        notice = self.text.count("public_error.wait", minutes)
        self._show(shown, form, 429, notice=notice)

    def _show(
        self,
        shown: Meeting,
        form: forms.Form,
        status: int = 200,
        *,
        problems: dict[str, forms.Problem] | None = None,
        notice: str | None = None,
    ) -> None:
        """The form with what was typed, and what is to be mended."""
        form.ticket = self.desk.tickets.again(form.ticket)
        choices = meetings.alike(shown, meetings.shown(self.desk.store))
        self.page(
            "public_form.html",
            status,
            meeting=shown,
            choices=choices,
            form=form,
            trap=forms.TRAP,
            problems=problems or {},
            notice=notice,
            names=sorted((one.names[0] for one in self.desk.known), key=sort_key),
        )

    def _closed(self, meeting: Meeting, status: int) -> None:
        others = meetings.alike(meeting, meetings.shown(self.desk.store))
        self.page("public_closed.html", status, meeting=meeting, others=others)
