"""Drafts of the letters about an application: the words, what is missing in them, a mail file.

Nothing is sent from here, and the letters are Danish whoever reads the page.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from .. import frames
from ..domain.enrolments import Status
from ..domain.errors import NotFound, Refused
from ..domain.messages import fill
from ..store import Row, Store, places
from ..texts import NO_BREAK, Text, known, translator
from .letters import envelope
from .records import records
from .tables import file_stem

# A field of the letters -> what stands in brackets in the draft while nobody knows it.
FIELDS = {
    "municipality": "kommune",
    "contact": "kontaktperson",
    "cohort": "hold",
    "starts_on": "startdato",
    "ends_on": "slutdato",
    "received_on": "dato for modtagelse",
    "late": "",  # a sentence about an application that came late, nothing about others
    "answer_by": "svarfrist",
    "queue": "nummer på ventelisten",
    "reason": "begrundelse",
    "decided_on": "dato for afgørelsen",
    "complaint": "Klagevejledning indsættes af styrelsen",  # never known to the product
    "user": "dit navn",
    "today": "dags dato",
}
# A kind of letter -> the recorded status it tells of.
KINDS = {
    "received": Status.APPLIED,
    "waitlisted": Status.WAITLISTED,
    "offer": Status.OFFERED,
    "admitted": Status.ADMITTED,
    "declined": Status.DECLINED,
    "lapsed": Status.OFFERED,
    "withdrawn": Status.WITHDRAWN,
}
LATE = "Det er efter ansøgningsfristen {}, så den står efter dem, der kom til tiden."
INVENTED = "DEMO, opdigtet: "
INVENTED_LINE = "Opdigtede demodata. Brevet må ikke sendes.\n\n"
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as it would be. `missing` are the `FIELDS` in it, and `email`, nobody knows yet."""

    kind: str
    to_name: str
    to_email: str
    subject: str
    body: str
    missing: tuple[str, ...]


def kind_for(status: Status) -> str:
    """The letter that tells of a status, as the case stands on the date."""
    if status in (Status.ADMITTED, Status.ACTIVE, Status.COMPLETED):
        return "admitted"
    first = {Status.INTERESTED: "received", Status.APPLIED: "received", Status.OFFERED: "offer"}
    return first.get(status, status.value)


def draft(
    store: Store, enrolment_id: int, kind: str, planned: Mapping[str, Any] | None = None
) -> Draft:
    """The letter of one `KINDS` about a case, signed by the person who asks.

    `planned` are values of `FIELDS` for a decision that is not recorded yet. Refuses with
    `forbidden`, `not_found`, and as `refuse_text`.
    """
    store.require("page.intake")
    letter = store.find("decision_letter", kind=kind)
    if letter is None:
        raise NotFound("not_found", table="decision_letter", row_id=kind)
    refuse_text(letter["subject"], letter["body"])
    found = frames.applications(store)
    about = records(found[found["enrolment_id"] == enrolment_id])
    if not about:
        raise NotFound("not_found", table="enrolment", row_id=enrolment_id)
    given = _values(store, about[0], kind) | dict(planned or {})
    values = {name: _word(translator("da"), given.get(name)) for name in FIELDS}
    used = dict.fromkeys(_FIELD.findall(letter["subject"] + letter["body"]))
    missing = [name for name in used if not values[name] and FIELDS[name]]
    values |= {name: f"[{FIELDS[name]}]" for name in missing}
    to_email = _usable(about[0]["contact_email"])
    return Draft(
        kind=kind,
        to_name=one_line(about[0]["contact"]),
        to_email=to_email,
        subject=one_line(_invented(store, INVENTED) + fill(letter["subject"], values)),
        body=_invented(store, INVENTED_LINE) + _tidy(fill(letter["body"], values)),
        missing=(*missing, *([] if to_email else ["email"])),
    )


def refuse_text(subject: str, body: str) -> None:
    """Refuse a letter with a field nobody knows.

    Keys: `mail_field_unknown` (field), `mail_brace_alone`, `subject_one_line`.
    """
    if "\n" in subject or "\r" in subject:
        raise Refused("subject_one_line")
    for field in _FIELD.findall(subject + body):
        if field not in FIELDS:
            raise Refused("mail_field_unknown", field=field)
    if {"{", "}"} & set(_FIELD.sub("", subject + body)):
        raise Refused("mail_brace_alone")


def eml(letter: Draft) -> bytes:
    """The draft as a mail file that mail programs open to be read, changed and sent by a person."""
    message = EmailMessage(policy=policy.SMTP)
    message["X-Unsent"] = "1"  # Outlook: open as a draft, with a button to send
    if letter.to_email:
        local, _, domain = envelope(letter.to_email).rpartition("@")
        message["To"] = Address(letter.to_name, local, domain)
    message["Subject"] = letter.subject
    message.set_content(letter.body, cte="quoted-printable")
    return message.as_bytes()


def file_name(store: Store, enrolment_id: int, kind: str) -> str:
    """The name of the mail file: the municipality and the kind, and `demo` where it is."""
    home = store.get("enrolment", enrolment_id)["municipality_id"]
    slug = store.get("municipality", home)["slug"]
    return f"{file_stem(store)}-brev-{slug}-{kind}.eml"


def one_line(text: str) -> str:
    """A text as a header may hold it: on one line, without what cannot be printed."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _values(store: Store, about: Row, kind: str) -> dict[str, Any]:
    """What the records know of the fields, for the decision that this kind of letter tells of."""
    enrolment = store.get("enrolment", about["enrolment_id"])
    cohort = store.get("cohort", enrolment["cohort_id"])
    starts_on, ends_on = places.period(enrolment, cohort)
    text, decided = translator("da"), _decision(store, about["enrolment_id"], KINDS[kind])
    apply_by = date.fromisoformat(cohort["apply_by"]) if about["late"] else None
    return {
        **{name: about[name] for name in ("municipality", "contact", "received_on", "queue")},
        "cohort": text.cohort(cohort["code"]),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "late": LATE.format(text.date(apply_by)) if apply_by else "",
        "answer_by": _day(decided["answer_by"]),
        "reason": decided["reason"],
        "decided_on": _day(decided["on_date"]),
        "user": store.actor.name,
        "today": store.today(),
    }


def _decision(store: Store, enrolment_id: int, status: Status) -> Row:
    """The last record of a status; empty when the case has never had it."""
    args = [enrolment_id, str(status)]
    rows = store.rows("enrolment_status", "enrolment_id = ? AND status = ?", args)
    return rows[-1] if rows else dict.fromkeys(("answer_by", "reason", "on_date"))


def _word(text: Text, value: Any) -> str:
    # A mail reader breaks its lines where it likes, and a search finds ordinary blanks.
    return text.format_field(value, "").replace(NO_BREAK, " ") if known(value) and value else ""


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _usable(address: str) -> str:
    """A mail address that a header can hold, else none."""
    try:
        return address if envelope(address).isascii() else ""
    except ValueError:
        return ""


def _tidy(body: str) -> str:
    lines: Iterable[str] = (line.rstrip() for line in body.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _invented(store: Store, words: str) -> str:
    return words if store.is_demo else ""
