"""The mails to those who signed up: in words, and out of the house by one sender over SMTP."""

from ..reports.letters import compose, preview, words
from .sending import Tally, may_get, refuse_unready, send_due

__all__ = ["Tally", "compose", "may_get", "preview", "refuse_unready", "send_due", "words"]
