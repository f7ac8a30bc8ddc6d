"""The one sender: takes what is due, a mail at a time, and writes down what became of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.utils import parseaddr

from filelock import FileLock, Timeout

from ..domain.errors import AdvisoryError, Refused
from ..reports.letters import compose, envelope
from ..settings import Settings
from ..store import Row, Store, outbox
from .server import Answer, Outcome, Server

MOST_LOST, MOST_REFUSED = 3, 20  # in a row, before a run leaves the rest for the next one
MOST_BUSY = 24  # times five seconds
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Report = Callable[[Row], None]


@dataclass
class Tally:
    """How many mails a run sent, failed with, put off, and is uncertain about.

    `left` were found half sent from a run that died, `held` wait for their address to be allowed.
    `stopped` is why the run ended before all that was due had been tried, else None.
    """

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    uncertain: int = 0
    left: int = 0
    held: int = 0
    stopped: AdvisoryError | None = None


def send_due(
    store: Store,
    settings: Settings,
    *,
    limit: int | None = None,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> Tally:
    """Send the mails that are due, at most `limit`, or until `stop` is set, and say how it went.

    `report` is given the record of each mail as it stands afterwards. Refuses as
    `refuse_unready`, and with `mail_sender_busy` while another sends; a server that is away or
    wants nothing from us is no refusal but `Tally.stopped`.
    """
    refuse_unready(store, settings)
    with alone(store), closing(Server(settings)) as server:
        run = _Run(store, settings, server, report)
        run.tally.left = outbox.begin(store, run.allowed)
        try:
            while run.tried != limit and not (stop and stop.is_set()) and run.next():
                run.stop_if_hopeless()
        except _Stopped as stopped:
            run.tally.stopped = stopped.why
        run.tally.held = outbox.held(store)
        return run.tally


def refuse_unready(store: Store, settings: Settings) -> None:
    """Refuse to send from here at all.

    With `mail_demo` from invented data, `mail_not_configured` without a server or a sender,
    `mail_url_needed` for links that nobody else can open, `mail_in_clear` for a password or real
    people's mails without encryption, and `mail_password_missing` (path).
    """
    if store.is_demo:
        raise Refused("mail_demo")
    if not settings.mail_host or not settings.mail_from:
        raise Refused("mail_not_configured")
    if settings.mail_production and not settings.public_url.startswith("https://"):
        raise Refused("mail_url_needed", url=settings.public_url)
    says_who = settings.mail_user is not None
    in_clear = settings.mail_tls == "none" and settings.mail_host not in LOOPBACK
    if in_clear and (says_who or settings.mail_production):
        raise Refused("mail_in_clear")
    file = settings.mail_password_file
    if says_who and (file is None or not file.is_file()):
        raise Refused("mail_password_missing", path=str(file or ""))


def may_get(address: str, settings: Settings) -> bool:
    """Whether this installation may write to `address`."""
    address = address.lower()
    domain = address.rpartition("@")[2]
    return settings.mail_production or not {address, domain}.isdisjoint(settings.mail_allow)


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Be the only sender of this database. Refuses with `mail_sender_busy`."""
    try:
        with FileLock(f"{store.path}.mail.lock", timeout=0):
            yield
    except Timeout as error:
        raise Refused("mail_sender_busy") from error


class _Stopped(Exception):
    """The end of a run before all was tried."""

    def __init__(self, why: AdvisoryError):
        super().__init__(why.key)
        self.why = why


class _Run:
    """One run of the sender; `lost` and `refused` count what did not go since one last did."""

    def __init__(self, store: Store, settings: Settings, server: Server, report: Report | None):
        self.store, self.settings, self.server, self.report = store, settings, server, report
        self.tally = Tally()
        self.tried = self.lost = self.refused = 0
        self.sender = parseaddr(settings.mail_from or "")[1]

    def allowed(self, address: str) -> bool:
        return may_get(address, self.settings)

    def next(self) -> bool:
        """Try the next mail; False when none is due.

        The connection comes first, so that a server that is away costs no mail an attempt.
        """
        if not outbox.is_due(self.store):
            return False
        try:
            self.server.ready()
        except Refused as refusal:
            raise _Stopped(refusal) from refusal
        domain = self.sender.rpartition("@")[2]
        letter = outbox.claim(self.store, domain=domain, allowed=self.allowed)
        if letter is None:
            return False
        self.tried += 1
        row = self._try(letter)
        name = "deferred" if row["state"] == "due" else str(row["state"])
        setattr(self.tally, name, getattr(self.tally, name) + 1)
        if self.report is not None:
            self.report(row)
        return True

    def stop_if_hopeless(self) -> None:
        if self.lost >= MOST_LOST or self.refused >= MOST_REFUSED:
            raise _Stopped(Refused("mail_keeps_failing", number=max(self.lost, self.refused)))

    def _try(self, letter: outbox.Letter) -> Row:
        """Write the mail and hand it over; returns its record with what became of it."""
        message_id = letter.message["id"]
        try:
            recipient, content = self._written(letter)
        except (LookupError, ValueError, MessageError) as error:
            words = f"{type(error).__name__}: {error}"
            return outbox.refused(self.store, message_id, words, reason="not_written")
        return self._noted(message_id, self.server.deliver(content, self.sender, recipient))

    def _written(self, letter: outbox.Letter) -> tuple[str, bytes]:
        """The address for the server, and the mail in the letters that this address needs."""
        recipient = envelope(letter.person["email"])
        rules = policy.SMTP if recipient.isascii() else policy.SMTPUTF8
        message = compose(letter, self.settings, self.store.now())
        return recipient, message.as_bytes(policy=rules)

    def _noted(self, message_id: int, answer: Answer) -> Row:
        if answer.outcome == Outcome.UNWILLING:
            outbox.released(self.store, message_id)
            raise _Stopped(Refused("mail_server_refused", detail=answer.detail))
        self.lost = self.lost + 1 if answer.lost else 0
        if answer.outcome == Outcome.SENT:
            self.refused = 0
            return self._insist(outbox.sent, message_id)
        self.refused += 1
        note = {
            Outcome.REFUSED: outbox.refused,
            Outcome.DEFERRED: outbox.deferred,
            Outcome.UNCERTAIN: outbox.uncertain,
        }[answer.outcome]
        return self._insist(note, message_id, answer.detail)

    def _insist(self, note: Callable[..., Row], *what: object) -> Row:
        """Write down what became of a mail, also while others keep the database busy.

        What is known must not end as uncertain; after minutes it does, and the run with it.
        """
        for _ in range(MOST_BUSY):
            try:
                return note(self.store, *what)
            except Refused as refusal:
                if refusal.key != "database_busy":
                    raise
        return note(self.store, *what)
