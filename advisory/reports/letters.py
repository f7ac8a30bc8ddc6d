"""A mail in words: the rule's text filled in, and the whole message with its calendar file."""

import re
from datetime import date, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from ..domain import calendar, signups
from ..domain.messages import fill
from ..settings import Settings
from ..store import Row, Store, outbox
from ..store.instants import instant
from ..texts import NO_BREAK, Text, translator
from . import ics

FILE_NAME = "moede.ics"


def preview(
    store: Store, settings: Settings, rule: Row, language: str, *, name: str | None = None
) -> tuple[str, str]:
    """Subject and body of a mail rule, saved or not, as an invented person would get them."""
    activity = store.get("activity", rule["activity_id"])
    starts_at, ends_at = (instant(activity[name]) for name in ("starts_at", "ends_at"))
    by = signups.answer_by(store.now(), hours=activity["answer_hours"], starts_at=starts_at)
    kept = calendar.add_months(calendar.local_date(ends_at), activity["keep_months"])
    signup = {"language": language, "token": "…", "answer_by": by.isoformat()}
    person = {
        "name": name or translator(language)("mail.sample_name"),
        "delete_after": kept.isoformat(),
    }
    return words(outbox.Letter({}, rule, activity, signup, person, number=1), settings)


def words(letter: outbox.Letter, settings: Settings) -> tuple[str, str]:
    """Subject, on one line, and body of a mail, in the language of the sign-up."""
    language = letter.signup["language"]
    values = _values(letter, settings, translator(language))
    subject = fill(letter.rule[f"subject_{language}"], values)
    body = fill(letter.rule[f"body_{language}"], values).strip()
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", body) + "\n"


def compose(letter: outbox.Letter, settings: Settings, now: datetime) -> EmailMessage:
    """The message as it goes out, plain text with the calendar file when there is one.

    What cannot stand in a header, such as a line break, raises ValueError.
    """
    subject, body = words(letter, settings)
    name, sender = parseaddr(settings.mail_from or "")
    found = EmailMessage(policy=policy.SMTP)
    found["From"] = _address(name, sender)
    found["To"] = _address(letter.person["name"], letter.person["email"])
    if letter.activity["contact_email"]:
        found["Reply-To"] = _address("", letter.activity["contact_email"])
    found["Subject"] = subject
    found["Date"] = format_datetime(now)
    found["Message-ID"] = letter.message["message_id"]
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(body, cte="quoted-printable")
    if letter.method:
        _attach(found, _calendar(letter, sender, now), letter.method)
    return found


def envelope(address: str | None) -> str:
    """An address as a mail server is told it: the domain in the letters of the net.

    No address, and a domain that cannot be written so, raise ValueError.
    """
    local, _, domain = (address or "").rpartition("@")
    if not local or not domain:
        raise ValueError("no address")
    return f"{local}@{domain.encode('idna').decode()}"


def _address(name: str, address: str) -> Address:
    local, _, domain = envelope(address).rpartition("@")
    return Address(name, local, domain)


def _values(letter: outbox.Letter, settings: Settings, text: Text) -> dict[str, str]:
    """A word for every field of `domain.messages.FIELDS`; nothing where there is none."""
    activity, signup = letter.activity, letter.signup
    starts_at = instant(activity["starts_at"])
    closes = instant(activity["signup_by"]) if activity["signup_by"] else starts_at
    answer_by = signup["answer_by"]
    values = {
        "name": letter.person["name"],
        "title": activity["title"],
        "date": text.date_full(calendar.local_date(starts_at)),
        "time": text.time(starts_at),
        "where": activity["place"] or text("mail.online"),
        "link": activity["link"],
        "answer_by": text.instant(instant(answer_by)) if answer_by else None,
        "number": str(letter.number) if letter.number else None,
        "manage": f"{settings.public_url}/m/{signup['token']}",
        "organiser": activity["organiser"],
        "contact": activity["contact_email"],
        "reason": activity["cancel_reason"],
        "closes": text.instant(closes),
        "keep_until": text.date(date.fromisoformat(letter.person["delete_after"])),
    }
    # A mail reader breaks its lines where it likes, and a search finds ordinary blanks.
    return {key: (value or "").replace(NO_BREAK, " ") for key, value in values.items()}


def _calendar(letter: outbox.Letter, sender: str, now: datetime) -> bytes:
    return ics.calendar_bytes(
        {**letter.activity, "sequence": letter.sequence},
        method=letter.method or "PUBLISH",
        now=now,
        language=letter.signup["language"],
        organiser_email=sender,
        attendee=(letter.person["name"], envelope(letter.person["email"])),
        link=letter.with_link,
    )


def _attach(message: EmailMessage, file: bytes, method: str) -> None:
    """The calendar file twice: as what the mail says, for Outlook, and to save and open."""
    said = {"charset": "utf-8", "method": method}
    message.add_alternative(file, maintype="text", subtype="calendar", cte="base64", params=said)
    message.add_attachment(
        file, maintype="application", subtype="ics", filename=FILE_NAME, cte="base64"
    )
