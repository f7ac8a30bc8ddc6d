"""The neighbours: named with the figures they had when the stack was chosen, not measured here."""

from collections.abc import Iterator
from pathlib import Path

from .results import Result

PART = "peers, not measured in this run: they are not in requirements.lock"
OF = "measured 2026-11-22, a similar page, 2 cores, local and cold"
PEERS = {
    "Streamlit": (1288, 2316, "9.29 MB, 360 ms server CPU a session"),
    "Dash": (330, 1458, "8.48 MB, 60 ms server CPU a session"),
    "Datasette (a table page without plots)": (129, 129, "0.13 MB, 30 ms server CPU a session"),
}


def measure(_folder: Path, *, quick: bool) -> Iterator[Result]:
    """No values: the earlier figures stand in the notes."""
    for name, (content, interactive, rest) in PEERS.items():
        then = f"content {content:,} ms, interactive {interactive:,} ms, {rest} ({OF})"
        yield Result(PART, name, None, note=then)
