"""One connection to a mail server, and what its answers mean for a mail.

The steps of SMTP are taken one by one, because it matters which of them failed: until the server
has asked for the mail itself, nothing can have arrived; after that only its answer tells.
"""

import re
import smtplib
import ssl
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum

from ..domain.errors import Refused
from ..settings import Settings

TIMEOUT_SECONDS = 30.0
NOT_US = frozenset({530, 534, 535, 538})  # codes about who we are, whoever the mail is for
LOST = (OSError, smtplib.SMTPException)  # what smtplib raises when it cannot go on


class Outcome(StrEnum):
    """Unwilling is a server that wants no mail at all from us."""

    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    UNWILLING = "unwilling"


@dataclass(frozen=True)
class Answer:
    """What became of a mail, in whose words, and whether the connection was `lost`."""

    outcome: Outcome
    detail: str
    lost: bool = False


class Server:
    """A mail server, connected to when it is needed and kept until it fails."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def ready(self) -> None:
        """Be connected, let in, and known to answer.

        Refuses with `mail_server_away` for what may be over soon and `mail_server_refused` for
        what somebody has to mend; both carry `detail`.
        """
        if self._smtp is None or not _answers(self._smtp):
            self.close()
            self._smtp = _connected(self._settings)

    def deliver(self, content: bytes, sender: str, recipient: str) -> Answer:
        """Hand over one mail, after `ready`, and return what became of it."""
        if self._smtp is None:
            raise RuntimeError("not connected")
        try:
            refusal = _offer(self._smtp, sender, recipient)
        except smtplib.SMTPNotSupportedError as error:
            return Answer(Outcome.REFUSED, _words(error))
        except LOST as error:
            return self._lost(Outcome.DEFERRED, error)
        if refusal is not None:
            return refusal
        try:
            self._smtp.send(_dotted(content))
            return _meaning(*self._smtp.getreply(), unclear=Outcome.UNCERTAIN)
        except LOST as error:
            return self._lost(Outcome.UNCERTAIN, error)

    def close(self) -> None:
        """Say goodbye and hang up."""
        if self._smtp is not None:
            with suppress(*LOST):
                self._smtp.quit()
            self._hang_up()

    def _lost(self, outcome: Outcome, error: OSError) -> Answer:
        self._hang_up()
        return Answer(outcome, _words(error), lost=True)

    def _hang_up(self) -> None:
        """Without a word: one who has stopped answering would let us wait for it."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _connected(settings: Settings) -> smtplib.SMTP:
    """A connection that is encrypted and let in as the settings say."""
    try:
        with ExitStack() as when_it_fails:
            smtp = _open(settings)
            when_it_fails.callback(smtp.close)
            if settings.mail_tls == "starttls":
                smtp.starttls(context=_encryption())
            smtp.ehlo_or_helo_if_needed()
            if settings.mail_user and settings.mail_password_file:
                smtp.login(settings.mail_user, settings.mail_password_file.read_text().strip())
            when_it_fails.pop_all()
            return smtp
    except OSError as error:
        key = "mail_server_away" if _may_pass(error) else "mail_server_refused"
        raise Refused(key, detail=_words(error)) from error


def _open(settings: Settings) -> smtplib.SMTP:
    host, port = settings.mail_host or "", settings.mail_port
    if settings.mail_tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=_encryption())
    return smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)


def _encryption() -> ssl.SSLContext:
    """TLS 1.2 or newer with a certificate that is checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _may_pass(error: OSError) -> bool:
    """Whether what went wrong on the way in may be over by itself."""
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return True
    return not isinstance(error, ssl.SSLError | smtplib.SMTPException)


def _answers(smtp: smtplib.SMTP) -> bool:
    """Whether a connection that has been used is still good; what was begun on it is let go."""
    try:
        return smtp.rset()[0] == 250
    except LOST:
        return False


def _offer(smtp: smtplib.SMTP, sender: str, recipient: str) -> Answer | None:
    """Everything up to the mail itself: None when the server asks for it, else its answer.

    Raises SMTPNotSupportedError for an address with letters that this server does not know.
    """
    options = [] if recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    code, said = smtp.mail(sender, options)
    if code // 100 == 5:
        return Answer(Outcome.UNWILLING, _said(code, said))
    if code // 100 == 2:
        code, said = smtp.rcpt(recipient)
    if code // 100 == 2:
        code, said = smtp.docmd("DATA")
    return None if code == 354 else _meaning(code, said, unclear=Outcome.DEFERRED)


def _meaning(code: int, said: bytes, *, unclear: Outcome) -> Answer:
    """What an answer means; `unclear` when it is none that the protocol knows."""
    outcome = {2: Outcome.SENT, 4: Outcome.DEFERRED, 5: Outcome.REFUSED}.get(code // 100, unclear)
    if code in NOT_US:
        outcome = Outcome.UNWILLING
    return Answer(outcome, _said(code, said))


def _dotted(content: bytes) -> bytes:
    """A mail as it is sent: a dot that begins a line is doubled, and a line of one dot ends it."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _said(code: int, said: bytes) -> str:
    return f"{code} {said.decode(errors='replace')}"


def _words(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _said(error.smtp_code, said if isinstance(said, bytes) else said.encode())
    return str(error) or type(error).__name__
