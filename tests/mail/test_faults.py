"""Many mails and many faults: none is lost, none comes twice, and each stands as it went.

`MAIL_SOAK=1` takes 10,000 mails and 1,000 faults instead of 1,000 and 100.
"""

import os
import random
import time

import pytest

from advisory import mail
from advisory.store import Store

from .ledger import faults, stamp, states
from .post import DROP, DROP_AFTER, STALL, STALL_AFTER

MAILS, FAULTS = (10_000, 1_000) if os.environ.get("MAIL_SOAK") else (1_000, 100)
KINDS = (
    ("connect", DROP), ("connect", STALL), ("connect", "421 busy"), ("connect", "554 go away"),
    ("mail", "451 later"), ("mail", "550 not you"), ("mail", DROP), ("mail", STALL),
    ("rcpt", "450 busy"), ("rcpt", "550 no such user"), ("rcpt", DROP), ("rcpt", STALL),
    ("data", "451 later"), ("data", "554 no"), ("data", DROP), ("data", STALL),
    ("end", "452 full"), ("end", "554 content"), ("end", DROP), ("end", STALL),
    ("end", DROP_AFTER), ("end", STALL_AFTER),
)  # fmt: skip


class Weather:
    """Faults at random times: so many, of all kinds, spread over the mails that are tried."""

    def __init__(self, draw: random.Random, mails: int, number: int):
        self.at = set(draw.sample(range(mails), number))
        self.draw, self.tries, self.happened = draw, 0, 0
        self.waiting: list[tuple[str, str]] = []

    def __call__(self, stage: str, recipient: str) -> str | None:
        if stage == "mail":
            if self.tries in self.at:
                self.waiting.append(self.draw.choice(KINDS))
            self.tries += 1
        for fault in self.waiting:
            if fault[0] == stage:
                self.waiting.remove(fault)
                self.happened += 1
                return fault[1]
        return None


def fill(store: Store, sign_up, meeting: int, number: int) -> None:
    with store.write("signup.create"):
        for guest in range(number):
            sign_up(meeting, f"guest{guest}")


def run_until_all_is_tried(store: Store, clock, own) -> tuple[mail.Tally, int]:
    """Run every ten minutes until nothing waits; returns the sums, and how many runs it took."""
    total, runs = mail.Tally(), 0
    while store.rows("message", "state = 'due' AND due_at <= ?", [stamp(clock.now)]):
        tally = mail.send_due(store, own)
        for name in ("sent", "failed", "deferred", "uncertain", "left"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        runs += 1
        clock.tick(minutes=10)
        assert runs < 2_000
    return total, runs


@pytest.mark.timeout(1800 if os.environ.get("MAIL_SOAK") else 240)
def test_every_mail_comes_once_or_stands_as_failed_or_uncertain(
    facts, clock, post, own, make_meeting, sign_up, draw
):
    fill(facts, sign_up, make_meeting(), MAILS)
    post.fault = weather = Weather(draw, MAILS, FAULTS)
    began = time.perf_counter()

    total, runs = run_until_all_is_tried(facts, clock, own)

    took = time.perf_counter() - began
    assert faults(facts, post.delivered) == []
    found = states(facts)
    assert found["sent"] == total.sent
    assert sum(found.values()) == MAILS
    assert weather.happened + len(weather.waiting) == FAULTS
    assert weather.happened > FAULTS * 0.8
    print(
        f"{MAILS} mails, {weather.happened} faults, {runs} runs, {took:.1f} s: {found},"
        f" {len(post.delivered)} came"
    )


@pytest.mark.timeout(300)
def test_a_thousand_mails_that_waited_for_the_server_are_gone_within_five_minutes(
    facts, post, own, make_meeting, sign_up
):
    number = MAILS // 10
    fill(facts, sign_up, make_meeting(), number)
    began = time.perf_counter()

    assert mail.send_due(facts, own) == mail.Tally(sent=number)

    took = time.perf_counter() - began
    assert took / number * 1_000 < 300
    print(f"{number} mails in {took:.1f} s, {post.connections} connections")


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("UPDATE message SET state = 'sent' WHERE id = 1", "1 is sent and came 0 times"),
        ("UPDATE message SET state = 'failed' WHERE state = 'sent'", "is failed and came 1 times"),
        ("UPDATE message SET state = 'due' WHERE state = 'sent'", "is due"),
        ("UPDATE message SET message_id = '<x>' WHERE state = 'sent'", "is nobody's"),
        ("UPDATE person SET email = 'x@kommune.example'", "went to"),
    ],
)
def test_control_what_is_wrong_is_noticed(
    facts, clock, post, own, make_meeting, sign_up, damage, noticed
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    post.script = [("rcpt", "550 no such user")]
    mail.send_due(facts, own)
    assert faults(facts, post.delivered) == []

    facts.db.execute(damage)

    assert any(noticed in fault for fault in faults(facts, post.delivered))


def test_control_a_mail_that_comes_twice_is_noticed(facts, post, own, make_meeting, sign_up):
    sign_up(make_meeting(), "anne")
    mail.send_due(facts, own)

    assert faults(facts, post.delivered * 2) == ["1 is sent and came 2 times"]
