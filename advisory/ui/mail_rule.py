"""*Redigér*: the words of a mail in both languages, when it goes, and how it will read."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import AdvisoryError, Conflict, Refused
from ..domain.messages import FIELDS, refuse_text
from ..reports import letters
from ..settings import LANGUAGES, settings
from ..store import Row, meetings
from . import mail_words
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .toast import Toast
from .view import View

WORDS = tuple(f"{part}_{language}" for language in LANGUAGES for part in ("subject", "body"))
MOST_DAYS, MOST_MINUTES = 60, 100_000
FINE = "x"  # a subject or a body that nothing is wrong with


class MailRule:
    """The form of one mail rule; below it the mail as the first person would get it."""

    def __init__(self, view: View, activity_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id = view, activity_id
        self._dialog, self._toast = dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form()
        self._rule_id = 0
        self._draft: dict[str, str] = {}

    def open(self, id: str, **_values: str) -> None:
        """Show the form of the rule with this id."""
        self._rule_id, self._form, self._draft = int(id), Form(), {}
        self._view.store.get("mail_rule", self._rule_id)
        self._dialog.show(self._render, {"preview": self._preview, "save": self._save})

    def _preview(self, **typed: str) -> None:
        """Show the mail with what is being typed; nothing is saved."""
        self._draft = _words(typed)

    def _save(self, version: str = "", **typed: str) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            meetings.edit_rule(self._view.store, self._rule_id, values, version=version)
            name = self._view.text(f"mail_kind.{self._row()['kind']}")
            self._toast.saved(self._view.text("mails.saved", mail=name))

        self._draft = _words(typed)
        self._form = Form()
        self._form.typed = {"active": "", **typed}
        self._form.errors = faults(self._view, self._row(), typed)
        if not self._form.ok:
            return
        with self._form.attempt(self._view.text, self._form.typed):
            try:
                save(changes(self._row(), typed), int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._form.ok:
            self._dialog.close()

    def _row(self) -> Row:
        return self._view.store.get("mail_rule", self._rule_id)

    def _render(self) -> Markup:
        view, row = self._view, self._row()
        rules = frames.mail_rules(view.store, self._id)
        shown = next(rules[rules["rule_id"] == row["id"]].itertuples(index=False))
        return view.render(
            "mail_rule.html",
            row=row,
            name=view.text(f"mail_kind.{row['kind']}"),
            timing=mail_words.timing(view, shown),
            sent=shown.sent,
            form=self._form,
            filled=filled(view, row),
            names=[(name, view.text(f"mail_field.{name}")) for name in sorted(FIELDS)],
            languages=LANGUAGES,
            reader=reader(view, self._id, row["kind"]),
            previews=previews(view, row["id"], self._draft, reader(view, self._id, row["kind"])),
        )


def faults(view: View, rule: Row, typed: Mapping[str, str]) -> dict[str, str]:
    """The sentence for each field of the form that cannot be used; {} when all can."""
    found = {}
    for name, check in _checks(rule, typed).items():
        try:
            check()
        except AdvisoryError as error:
            found[name] = view.text.error(error)
    return found


def _checks(rule: Row, typed: Mapping[str, str]) -> dict[str, Callable[[], object]]:
    found: dict[str, Callable[[], object]] = {}
    for name in WORDS:
        written = typed.get(name, "")
        words = (written, FINE) if name.startswith("subject") else (FINE, written)
        found[name] = partial(refuse_text, *words)
    if rule["anchor"] == "event":
        return found
    found["days"] = partial(_number, typed.get("days", ""), MOST_DAYS)
    found["minutes"] = partial(_number, typed.get("minutes", ""), MOST_MINUTES)
    if typed.get("at", "").strip():
        found["at"] = partial(calendar.parse_time, typed["at"])
    return found


def changes(rule: Row, typed: Mapping[str, str]) -> Row:
    """The fields of `mail_rule` as the form has them; a rule without a time keeps its own."""
    found: Row = {**_words(typed), "active": int(typed.get("active") == "1")}
    if rule["anchor"] == "event":
        return found
    sign = -1 if typed.get("side") == "before" else 1
    at = typed.get("at", "").strip()
    return {
        **found,
        "days": sign * _number(typed.get("days", ""), MOST_DAYS),
        "at": f"{calendar.parse_time(at):%H:%M}" if at else None,
        "minutes": sign * _number(typed.get("minutes", ""), MOST_MINUTES),
    }


def _words(typed: Mapping[str, str]) -> dict[str, str]:
    """Subjects and bodies as they were typed, with the line breaks of the store."""
    return {name: typed.get(name, "").replace("\r\n", "\n").strip() for name in WORDS}


def _number(text: str, highest: int) -> int:
    text = text.strip() or "0"
    if not (text.isascii() and text.isdigit()):
        raise Refused("number_unreadable", text=text)
    if int(text) > highest:
        raise Refused("number_out_of_range", number=int(text), lowest=0, highest=highest)
    return int(text)


def filled(view: View, rule: Row) -> dict[str, str]:
    """What stands in the fields at first: days and minutes without a sign, and the side."""
    days, minutes = rule["days"], 0 if rule["at"] else rule["minutes"]
    whole = days * mail_words.MINUTES_A_DAY + minutes
    if days * minutes < 0:  # a day before and an hour after is 23 hours before
        days, minutes = divmod(abs(whole), mail_words.MINUTES_A_DAY)
    return {
        **{name: rule[name] for name in WORDS},
        "active": "1" if rule["active"] else "",
        "side": "before" if whole < 0 else "after",
        "days": str(abs(days)),
        "at": mail_words.time_of_day(view, rule["at"]) if rule["at"] else "",
        "minutes": str(abs(minutes)),
    }


def reader(view: View, activity_id: int, kind: str) -> str | None:
    """The name of the first person a mail of this kind goes to, else of the first on the list."""
    mails = frames.messages(view.store, activity_id)
    for names in (
        mails.loc[mails["kind"] == kind, "name"],
        frames.signups(view.store, activity_id)["name"],
    ):
        if len(names):
            return str(names.iloc[0])
    return None


def previews(
    view: View, rule_id: int, draft: Mapping[str, str], name: str | None
) -> list[dict[str, str]]:
    """A mail in each language as `name` would read it: `subject` and `body`, or the `problem`."""
    rule = {**view.store.get("mail_rule", rule_id), **draft}
    found = []
    for language in LANGUAGES:
        one = {"language": language, "subject": "", "body": "", "problem": ""}
        try:
            refuse_text(rule[f"subject_{language}"], rule[f"body_{language}"])
        except AdvisoryError as error:
            one["problem"] = view.text.error(error)
        else:
            one["subject"], one["body"] = letters.preview(
                view.store, settings(), rule, language, name=name
            )
        found.append(one)
    return found
