"""Openly invented answers of the partners to the sheet that they are sent each quarter."""

import hashlib
import random
from datetime import date, timedelta

from ..domain import calendar
from ..domain.deliveries import Cell, Reply, session_key
from . import deliveries, delivery_replies
from .demo_activities import Programme

YEARS, MONTHS, DAY = range(2024, 2028), (3, 6, 9, 12), 3
ANSWERED, DECIDED = 3, 14  # days after the sheet was sent
LATER, FEWER = 7, 2  # days, seats: what an answer asks for


class Sheets:
    """A sheet to each partner every quarter; they ask for a later day and for fewer seats."""

    def __init__(self, programme: Programme):
        self.programme, self.store = programme, programme.store
        actors = programme.stage.actors.values()
        self.partners = [one.login for one in actors if one.role == "partner"]
        self.office = next(one.login for one in actors if one.role == "office")

    def invent(self) -> None:
        """Arrange the sheets, the answers, and what the office makes of them."""
        for login in self.partners:
            user = self.store.find("app_user", login=login)
            for year in YEARS if user else ():
                for month in MONTHS:
                    self._quarter(login, user["organisation_id"], date(year, month, DAY))

    def _quarter(self, login: str, provider_id: int, day: date) -> None:
        draw = random.Random(f"{self.programme.stage.seed_number}.sheet.{provider_id}.{day}")
        sent: list[int] = []

        def send() -> None:
            if self._coming(provider_id):
                sent.append(deliveries.make_sheet(self.store, provider_id))

        def answer() -> None:
            if sent and self._coming(provider_id):
                self._answer(provider_id, sent[0])

        def decide() -> None:
            asked = self.store.rows("delivery_cell", "decision = 'open'")
            mine = {
                row["id"] for row in self.store.rows("delivery_reply", "sheet_id = ?", sent[:1])
            }
            delivery_replies.decide(
                self.store, {row["id"]: "ours" for row in asked if row["reply_id"] in mine}
            )

        self.programme.let(draw, day, self.office, send)
        self.programme.let(draw, day + timedelta(days=ANSWERED), login, answer)
        self.programme.let(
            draw,
            day + timedelta(days=DECIDED),
            self.office,
            lambda: decide() if sent else None,
        )

    def _coming(self, provider_id: int) -> list[int]:
        """The sessions of a provider that are still to come, the next first."""
        today = self.store.today().isoformat()
        found = deliveries.sessions(self.store, provider_id)
        return [number for number, row in found.items() if (row["day"] or "") > today]

    def _answer(self, provider_id: int, sheet_id: int) -> None:
        """Hand the sheet in with another day and fewer seats for the next session in it."""
        sheet = deliveries.sheet(self.store, sheet_id)
        base = deliveries.base(sheet)
        number = next((one for one in self._coming(provider_id) if one in base), None)
        if number is None:
            return
        row, key = base[number], session_key(number)
        day = calendar.next_working_day(date.fromisoformat(str(row["day"])) + timedelta(days=LATER))
        cells = [Cell("Sessioner", 5, "Dato", key, "day", day.isoformat())]
        if row["seats"]:
            seats = str(int(row["seats"]) - FEWER)
            cells.append(Cell("Sessioner", 5, "Pladser", key, "seats", seats))
        delivery_replies.receive(
            self.store,
            provider_id,
            Reply(sheet_id, deliveries.mark(sheet), tuple(cells)),
            sha256=hashlib.sha256(f"{sheet_id}".encode()).hexdigest(),
        )
