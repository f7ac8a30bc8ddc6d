"""The head of Optag: the rounds, what one can do, and the five figures of the round shown."""

from markupsafe import Markup

from .. import frames
from ..reports import records
from .application_form import ApplicationForm
from .explain import Explain
from .intake_figures import figures
from .live import Live
from .view import View


class IntakeHead:
    """Every round with whether it is open, and how many applied, wait and can have a place."""

    def __init__(self, view: View, cohort: str, explain: Explain, form: ApplicationForm):
        self._view, self._cohort = view, cohort
        actions = {"explain": explain.open, "new": form.new}
        self.live = Live("intake_head", self._render, actions)

    def _render(self) -> Markup:
        view = self._view
        rounds = records(frames.rounds(view.store))
        return view.render(
            "intake_head.html",
            rounds=[(row["cohort"], row["state"]) for row in rounds],
            cohort=self._cohort,
            figures=figures(view, self._cohort) if self._cohort else (),
            may_import=view.may("application.import"),
            may_add=view.may("enrolment.create"),
        )
