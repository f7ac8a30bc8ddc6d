"""*Gemt*: what was saved, when, and the way back."""

from markupsafe import Markup

from ..domain.errors import AdvisoryError
from .live import Live
from .view import View


class Toast:
    """Says what was just saved by this person, with an undo that takes it back as one."""

    def __init__(self, view: View):
        self._view = view
        self._sentence = self._at = ""
        self._link: tuple[str, str] | None = None
        self._operation: str | None = None
        self.live = Live("toast", self._render, {"undo": self._undo, "toast_close": self._close})

    def saved(self, sentence: str, link: tuple[str, str] | None = None) -> None:
        """Show `sentence` for the operation this person has just written.

        `link` is an address and its words, for what stands elsewhere now.
        """
        self._link = link
        store = self._view.store
        operation = store.last_operation
        wrote = operation is not None and store.has_written(operation)
        self._operation = operation if wrote else None
        self._sentence = sentence.rstrip(".")  # the time follows it
        self._at = self._view.text.time(self._view.store.now())

    def _undo(self, **_values: str) -> None:
        try:
            if self._operation:
                self._view.store.revert(self._operation)
        except AdvisoryError as error:
            self._sentence = self._view.text.error(error)
        else:
            self._sentence = self._view.text("toast.undone")
        self._operation = self._link = None

    def _close(self, **_values: str) -> None:
        self._sentence = ""

    def _render(self) -> Markup:
        return self._view.render(
            "toast.html",
            sentence=self._sentence,
            at=self._at,
            undo=self._operation is not None,
            link=self._link,
        )
