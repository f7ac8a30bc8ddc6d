"""Instants as the records have them: UTC, as ISO text that sorts by time."""

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """An instant as the records have it, aware."""
    return datetime.fromisoformat(text)


def stamp(at: datetime) -> str:
    """An aware instant as the records have it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
