"""Lists as files: what a page shows after its filters, on the date it shows."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pandas as pd
import tornado.web

from .. import frames
from ..domain.errors import AdvisoryError, Forbidden, NotFound
from ..reports import REPORTS, csv_bytes, file_stem, xlsx_bytes
from ..store import Store
from ..texts import Text, translator
from ..ui import activity_filters, filters, shell
from .identity import SIGN_IN, People

Shown = Callable[[Store, Mapping[str, str]], pd.DataFrame]


def _cases(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
    return filters.apply(frames.enrolments(store), query)


def _of_meeting(report: str) -> Shown:
    """The rows of the meeting `moede`, else of the round `hold`, else all.

    Refuses with `not_found` a meeting, and with `code_unknown` a round, that is not there.
    """

    def shown(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
        rows = REPORTS[report].rows(store)
        if query.get("moede") and "activity_id" in rows:
            return rows[rows["activity_id"] == _meeting(store, query["moede"])]
        if query.get("hold"):
            if store.find("cohort", code=query["hold"]) is None:
                raise NotFound("code_unknown", code=query["hold"])
            return rows[rows["cohort"] == query["hold"]]
        return rows

    return shown


def _meeting(store: Store, asked: str) -> int:
    known = {str(one): one for one in frames.meetings(store)["activity_id"]}
    if asked not in known:
        raise NotFound("not_found", table="activity", row_id=asked)
    return known[asked]


def _of_activities(report: str) -> Shown:
    """The rows of the activities that the calendar shows with the filters of the address."""

    def shown(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
        rows = REPORTS[report].rows(store)
        among = activity_filters.apply(store, query)["activity_id"]
        return rows[rows["activity_id"].isin(among)]

    return shown


def _applications(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
    """Of the round `hold` and the stage `status`, else all; refuses as `_of_meeting`."""
    rows = _of_meeting("applications")(store, query)
    return rows[rows["stage"] == query["status"]] if query.get("status") else rows


def _ledger(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
    """What concerns the round `hold`, also what left it, else all; refuses as `_of_meeting`."""
    rows = REPORTS["ledger"].rows(store)
    own = _of_meeting("ledger")(store, query)
    if not query.get("hold"):
        return rows
    return rows[rows["movement"].isin(own["movement"]) | (rows["from_cohort"] == query["hold"])]


LISTS: dict[str, tuple[str, Shown]] = {
    "kommuner": ("cases", _cases),
    "moeder": ("meetings", _of_meeting("meetings")),
    "tilmeldinger": ("signups", _of_meeting("signups")),
    "mails": ("mails", _of_meeting("mails")),
    "fremmoede": ("attendance", _of_meeting("attendance")),
    "fra_moede_til_ansoegning": ("funnel", _of_meeting("funnel")),
    "aktiviteter": ("activities", _of_activities("activities")),
    "fremmoedetal": ("headcounts", _of_activities("headcounts")),
    "ansoegninger": ("applications", _applications),
    "pladsregnskab": ("ledger", _ledger),
}
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "eml": "message/rfc822",
}


class FileAnswer(tornado.web.RequestHandler):
    """Answers with a file for the person who asks, or with one sentence on why there is none."""

    def initialize(self, site: shell.Site, people: People) -> None:
        self._site, self._people = site, people

    def asked(self) -> dict[str, str]:
        """What the address says after its question mark."""
        return {key: self.get_query_argument(key) for key in self.request.query_arguments}

    def answer(
        self, query: dict[str, str], kind: str, made: Callable[[shell.Visit], tuple[str, bytes]]
    ) -> None:
        """Answer with what `made` gives: the name of the file with its ending, and its content."""
        login = self._people.login_of(self.request)
        if login is None:
            self.redirect(f"{SIGN_IN}?{urlencode({'next': self.request.uri})}")
            return
        try:
            visit = shell.Visit(self._site, login, query)
        except AdvisoryError as error:
            self._refuse(503, translator(shell.language(query, self._site.language)).error(error))
            return
        try:
            if visit.alert:
                self._refuse(400, visit.alert)
                return
            name, content = made(visit)
        except AdvisoryError as error:
            self._refuse(_status(error), visit.text.error(error))
            return
        finally:
            visit.base.close()
        self.set_header("Content-Type", KINDS[kind])
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(content)

    def _refuse(self, status: int, sentence: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(sentence)


class Download(FileAnswer):
    """A list as xlsx or Danish csv, for the person who asks."""

    def get(self, name: str, kind: str) -> None:
        if name not in LISTS:
            raise tornado.web.HTTPError(404)
        query = self.asked()

        def made(visit: shell.Visit) -> tuple[str, bytes]:
            store = visit.view.store
            content = self._content(store, visit.text, name, kind, query)
            return f"{file_stem(store)}-{name}.{kind}", content

        self.answer(query, kind, made)

    def _content(
        self, store: Store, text: Text, name: str, kind: str, query: dict[str, str]
    ) -> bytes:
        report, rows = LISTS[name]
        store.require(REPORTS[report].action)
        shown = rows(store, query)
        if kind == "csv":
            return csv_bytes(store, text, report, shown)
        return xlsx_bytes(store, text, {report: shown})


def _status(error: AdvisoryError) -> int:
    match error:
        case Forbidden():
            return 403
        case NotFound():
            return 404
        case _:
            return 400
