"""Lists as files: what a page shows after its filters, on the date it shows."""

import tornado.web

from .. import frames
from ..domain.errors import AdvisoryError
from ..reports import csv_bytes, file_stem, xlsx_bytes
from ..store import Store
from ..texts import Text, translator
from ..ui import filters, shell
from .identity import People

LISTS = {"kommuner": "cases"}
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class Download(tornado.web.RequestHandler):
    """A list as xlsx or Danish csv, for the person who asks."""

    def initialize(self, site: shell.Site, people: People) -> None:
        self._site, self._people = site, people

    def get(self, name: str, kind: str) -> None:
        if name not in LISTS:
            raise tornado.web.HTTPError(404)
        query = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        try:
            visit = shell.Visit(self._site, self._people.login_of(self.request), query)
        except AdvisoryError as error:
            self._refuse(503, translator(shell.language(query, self._site.language)).error(error))
            return
        try:
            if visit.alert:
                self._refuse(400, visit.alert)
                return
            content = self._content(visit.view.store, visit.text, LISTS[name], kind, query)
            stem = f"{file_stem(visit.view.store)}-{name}"
        except AdvisoryError as error:
            self._refuse(403, visit.text.error(error))
            return
        finally:
            visit.base.close()
        self.set_header("Content-Type", KINDS[kind])
        self.set_header("Content-Disposition", f'attachment; filename="{stem}.{kind}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(content)

    def _refuse(self, status: int, sentence: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(sentence)

    def _content(
        self, store: Store, text: Text, report: str, kind: str, query: dict[str, str]
    ) -> bytes:
        store.require("page.municipalities")
        shown = filters.apply(frames.enrolments(store), query)
        if kind == "csv":
            return csv_bytes(store, text, report, shown)
        return xlsx_bytes(store, text, {report: shown})
