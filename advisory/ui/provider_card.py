"""*Udbydernes leverancer* in short: what each partner is ordered to hold, has held, and answers."""

from markupsafe import Markup

from .. import frames
from ..reports import records
from .balance_rows import is_open
from .live import Live
from .view import View


class ProviderCard:
    """One line per partner, and what its last sheet leaves to be decided.

    Who may not see small numbers gets no numbers of those who came: other cards show the same
    heads.
    """

    def __init__(self, view: View):
        self._view = view
        self.live = Live("providers", self._render)

    def _render(self) -> Markup:
        view = self._view
        found = frames.deliveries(view.store)
        rows = records(found[found["kind"] == "partner"])
        return view.render(
            "provider_card.html",
            rows=rows,
            received=max((row["reply_at"] for row in rows if row["reply_at"]), default=None),
            waiting=sum(row["open"] for row in rows),
            open=is_open(view),
            may_open=view.may_see("page.deliveries"),
        )
