"""The sender as a process to be killed: `python sender.py DATABASE PORT`.

Every line on its standard input starts a sender, whose process number it prints; when that one is
gone, however it went, it prints `gone` and what it went with.
"""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from advisory import mail, settings
from advisory.store import demo, open_store

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)


def send(path: Path, port: int) -> None:
    """Send all that is due."""
    own = replace(
        settings.read({}),
        mail_host="127.0.0.1",
        mail_port=port,
        mail_tls="none",
        mail_from="moeder@styrelsen.example",
        mail_allow=("kommune.example",),
    )
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        mail.send_due(store, own)


def main(path: str, port: str) -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                send(Path(path), int(port))
                status = 0
            finally:
                os._exit(status)
        print(child, flush=True)
        print("gone", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
