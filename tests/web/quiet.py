"""What a log may not hold."""

import base64
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote


def assert_logs_say_little(path: Path, canaries: Iterable[str]) -> None:
    """Fail if a log holds one of these texts, in any of the ways it could have got there."""
    log = path.read_text(encoding="utf-8", errors="replace").lower()
    found = [one for one in canaries for form in forms(one) if form.lower() in log]
    assert not found, f"{path} holds {sorted(set(found))}"


def forms(text: str) -> set[str]:
    """A text as it is, as addresses, as Python and as JSON write it, and in base64."""
    raw = text.encode()
    plain = base64.b64encode(raw).decode().rstrip("=")
    return {text, quote(text), repr(text)[1:-1], ascii(text)[1:-1], plain, raw.hex()}
