"""Delivery sheets: taken out as a workbook, and handed in again with a partner's answers."""

import hashlib
from functools import partial

from markupsafe import Markup

from .. import imports
from ..domain.errors import NotFound
from ..reports import deliveries as workbooks
from ..store import deliveries, delivery_replies
from ..ui import delivery_preview as views
from ..ui import shell
from .downloads import FileAnswer
from .uploads import AttendanceReport


class SheetDownload(FileAnswer):
    """The sheet with a number as a workbook; a partner gets its own, others are not there."""

    def get(self, number: str) -> None:
        query = self.asked()
        query.pop("date", None)  # a sheet is what it was when it was made

        def made(visit: shell.Visit) -> tuple[str, bytes]:
            which = visit.base, int(number), visit.text
            content = workbooks.sheet(*which)  # refuses what is not theirs
            return workbooks.file_name(*which), content

        self.answer(query, "xlsx", made)


class SheetReply(AttendanceReport):
    """Reads a sheet that came back from the provider `udbyder`; keeps it only without `proev`."""

    action = "sheet.receive"

    async def _read(self, visit: shell.Visit, query: dict[str, str]) -> Markup:
        store, content = visit.base, bytes(self._content)
        asked, name = query.get("udbyder", ""), query.get("navn", "")
        if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
            raise NotFound("provider_unknown", provider=asked)
        provider_id = deliveries.provider(store, int(asked))["id"]  # before anything is read
        read = partial(imports.read_sheet_safely, content, name)
        reply = await self._apart(read)
        sha256 = hashlib.sha256(content).hexdigest()
        if query.get("proev"):
            return views.preview(visit.view, provider_id, reply, sha256)
        came = delivery_replies.receive(store, provider_id, reply, sha256=sha256)
        return views.received(visit.view, came)
