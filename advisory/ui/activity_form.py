"""Planning and changing an activity in a dialog, with what speaks against the time said first."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..domain import scheduling
from ..domain.errors import Conflict
from ..frames.bookings import bookings, periods
from ..store import activities, plan
from ..store.instants import instant, stamp
from . import activity_fields as fields
from . import case_picker as cases
from .activity_filters import providers
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .snags import sentence
from .toast import Toast
from .view import View

INVITED = {"workshop": ("leadership", "staff", "peers", "citizens")}  # at first; no others
CASES = "enrolments"
REFUSED = "outside_programme"  # by the verb itself: no warning lets it pass


class ActivityForm:
    """The dialog: what was typed stays until it is saved.

    When something speaks against the time it is said first, and saved at the second asking.
    """

    def __init__(self, view: View, dialog: Dialog, toast: Toast):
        self._view, self._dialog, self._toast = view, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form(fields.ERRORS)
        self._id: int | None = None
        self._served: fields.Steps = {}
        self._suggested = ""
        self._warned: tuple[str, ...] = ()

    def new(self, **values: str) -> None:
        """Ask for a new activity; `values` are fields that are filled in already."""
        self._view.store.require("activity.edit")
        kind = fields.kind_of(values)
        is_consultant = self._view.store.actor.role == "consultant"
        mine = str(self._view.user_id() or "") if is_consultant else ""
        self._open(None, {"consultant_id": mine, **_invited(kind), **values, "kind": kind})

    def edit(self, id: str = "", **values: str) -> None:
        """Ask for other words, people or another time; `values` are filled in over what stands."""
        self._view.store.require("activity.edit")
        row = activities.get(self._view.store, int(id))
        self._open(row["id"], {**fields.filled(self._view, row), **values})

    def _open(self, activity_id: int | None, values: dict[str, str]) -> None:
        self._id, self._suggested, self._warned = activity_id, "", ()
        self._served = {} if activity_id is None else fields.served(self._view, activity_id)
        self._form = Form(fields.ERRORS)
        self._take(values)
        self._dialog.show(self._render, {"choose": self._choose, "save": self._save})

    def _choose(self, **typed: str) -> None:
        """What can be chosen depends on what has been: milestones on kind and municipalities."""
        self._form.errors = {}
        self._take(typed)

    def _take(self, typed: Mapping[str, str]) -> None:
        """Keep what was typed; the title and who is invited follow the kind until changed."""
        now, kind = dict(typed), fields.kind_of(typed)
        before = fields.kind_of(self._form.typed) if self._form.typed else kind
        ticked = {name: one for name, one in now.items() if name.startswith("invite_")}
        if before != kind and ticked == _invited(before):
            now = {name: one for name, one in now.items() if name not in ticked} | _invited(kind)
        suggested = cases.title(self._view, now, kind, self._id)
        if now.get("title", "").strip() in ("", self._suggested):
            now["title"] = suggested
        self._suggested, self._form.typed = suggested, now

    # --- saving -----------------------------------------------------------------------------

    def _save(self, anyway: str = "", **values: str) -> None:
        """Save, unless something speaks against it that the person has not been told."""
        self._take(values)
        typed, done = self._form.typed, False
        warned: tuple[str, ...] = ()
        with self._form.attempt(self._view.text, typed):
            said = fields.read(self._view, self._form, typed, self._id)
            warned = self._warnings(said)
            if not warned or (anyway and warned == self._warned):
                with fields.blaming(self._form, said):
                    self._write(said, typed.get("version", ""))
                done = True
        self._warned = warned
        if self._form.ok and not done:
            self._form.typed = typed

    def _write(self, said: dict[str, Any], version: str) -> None:
        if self._id is None:
            self._saved("created", activities.create(self._view.store, **said))
            self._dialog.close()
            return

        def save(values: dict[str, Any], version: int) -> None:
            chosen = values.get(CASES)
            steps = chosen.steps if chosen else self._cases(said)
            try:
                self._change({**said, **values, CASES: steps}, version)
            except Conflict as conflict:
                raise self._with_cases(conflict, said) from conflict

        try:
            save({}, int(version))
        except Conflict as conflict:
            if self._must_choose(conflict, said):
                self._conflict.show(conflict, save)
                return
            save({}, conflict.current["version"])
        self._dialog.close()

    def _cases(self, said: dict[str, Any]) -> dict[int, int | None]:
        """Whom it will serve: what stands, with what the person changed since they opened it."""
        if self._id is None:
            return said[CASES]
        return fields.merged(self._served, said[CASES], fields.served(self._view, self._id))

    def _with_cases(self, conflict: Conflict, said: dict[str, Any]) -> Conflict:
        """The conflict with the cases as one more field, which is asked about as the others."""
        base, theirs, mine = (
            {CASES: fields.in_words(self._view, steps)}
            for steps in (
                self._served,
                fields.served(self._view, conflict.row_id),
                self._cases(said),
            )
        )
        return Conflict(
            conflict.key,
            conflict.table,
            conflict.row_id,
            conflict.current | theirs,
            conflict.changes | mine,
            (conflict.base or {}) | base,
        )

    def _must_choose(self, conflict: Conflict, said: dict[str, Any]) -> bool:
        """Whether the two made something different of the same: words, times or a case."""
        words = {name: value for name, value in conflict.changes.items() if name != CASES}
        return any(
            conflict.current[name] != value for name, value in words.items()
        ) or fields.clash(self._served, said[CASES], conflict.current[CASES].steps)

    def _change(self, said: dict[str, Any], version: int) -> None:
        """Words, time and municipalities as one change, which is taken back as one."""
        store, activity_id = self._view.store, self._id
        if activity_id is None:
            raise RuntimeError("there is no activity")
        at = {name: fields.as_instant(said[name]) for name in ("starts_at", "ends_at")}
        times = {name: stamp(one) for name, one in at.items()}
        words = {name: said[name] for name in activities.EDITABLE & said.keys()}
        with store.write("activity.edit"):
            row = store.refuse_stale("activity", activity_id, {**words, **times}, version)
            activities.edit(store, activity_id, words)
            if any(row[name] != one for name, one in times.items()):
                activities.move(
                    store, activity_id, starts_at=at["starts_at"], ends_at=at["ends_at"]
                )
            if said[CASES] != fields.served(self._view, activity_id):
                activities.serve(store, activity_id, said[CASES])
        self._saved("changed", activity_id)

    def _saved(self, what: str, activity_id: int) -> None:
        text = self._view.text
        there = self._view.links("aktivitet", id=activity_id)
        self._toast.saved(text(f"activity_form.{what}"), (there, text("activity_form.show")))

    def _warnings(self, said: dict[str, Any]) -> tuple[str, ...]:
        """What speaks against the time in words; nothing that the verb refuses anyway."""
        store = self._view.store
        others, allowed = scheduling.diary(bookings(store)), periods(store)
        closing = plan.closing_days(store)

        def against(booking: scheduling.Booking) -> tuple[scheduling.Snag, ...]:
            return scheduling.snags(booking, others, periods=allowed, closing=closing)

        wanted = self._booking({**said, CASES: self._cases(said)})
        found, before = against(wanted), self._before()
        if any(snag.key == REFUSED for snag in found):
            return ()
        stood = against(before) if before else ()
        new = [snag for snag in found if snag not in stood]
        return tuple(dict.fromkeys(sentence(self._view, snag) for snag in new))

    def _booking(self, said: dict[str, Any]) -> scheduling.Booking:
        return scheduling.Booking(
            id=self._id,
            kind=fields.kind_of(self._form.typed),
            title=said["title"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            consultant_id=said["consultant_id"],
            provider_id=said["provider_id"],
            enrolments=frozenset(said[CASES]),
        )

    def _before(self) -> scheduling.Booking | None:
        """The activity as it stands: what speaks against it already needs no second asking."""
        if self._id is None:
            return None
        row = activities.get(self._view.store, self._id)
        at = {name: instant(row[name]) for name in ("starts_at", "ends_at")}
        return self._booking({**row, **at, CASES: fields.served(self._view, self._id)})

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view, typed = self._view, self._form.typed
        kind = fields.kind_of(typed)
        return view.render(
            "activity_form.html",
            form=self._form,
            is_new=self._id is None,
            kind=kind,
            kinds=[(one, view.text(f"activity_kind.{one}")) for one in activities.KINDS],
            groups=cases.groups(view, typed, kind, self._id),
            chosen=len(cases.chosen(typed)),
            audiences=view.codes("audience"),
            providers=providers(view.store),
            consultants=consultants(view, typed.get("consultant_id", "")),
            warned=self._warned,
        )


def consultants(view: View, now: str) -> list[tuple[int, str]]:
    """Who can be the consultant: those at work, and whoever it is now."""
    where = "(role IN ('consultant', 'office') AND active) OR id = ?"
    rows = view.store.rows("app_user", where, [int(now) if now.isdecimal() else -1], order="name")
    return [(row["id"], row["name"]) for row in rows]


def _invited(kind: str) -> dict[str, str]:
    return {f"invite_{audience}": "1" for audience in INVITED.get(kind, ())}
