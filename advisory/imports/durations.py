"""How long somebody was there, as reports write it in many languages; minutes come out."""

import re
from functools import lru_cache

_UNITS = {
    unit: minutes
    for minutes, units in (
        (1440.0, "d dag dage day days tag tage jour jours dzień dni"),
        (60.0, "h t g u hr hrs hour hours time timer tim timme timmar std stunde stunden"
               " godz godzina godziny godzin heure heures uur uren hora horas ora ore"),
        (1.0, "m min mins minut minutter minute minutes minuten minuter minuta minuty minuto"
              " minutos minuti"),
        (1 / 60, "s sec secs sek second seconds sekund sekunder sekunde sekunden sekunda"
                 " sekundy seconde secondes seconden segundo segundos secondo secondi"),
    )
    for unit in units.split()
}  # fmt: skip
_SHAPE = re.compile(r"[0-9]{1,5} ?[^\W\d_]{1,10}\.?(?:,? ?[0-9]{1,5} ?[^\W\d_]{1,10}\.?){0,3}")
_PART = re.compile(r"([0-9]{1,5}) ?([^\W\d_]{1,10})")
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9])(?:[.,][0-9]{1,6})?)?")
_NUMBER = re.compile(r"[0-9]{1,5}(?:[.,][0-9]{1,6})?")


@lru_cache(maxsize=65536)
def looks_like_duration(text: str) -> bool:
    """Whether `text` is numbers with words behind them: 44m 10s, 1 Std. 5 Min., 3 zug 2 bim.

    Such a text need not be readable: the words may be of a language not known here.
    """
    return _SHAPE.fullmatch(text) is not None


def is_clock(text: str) -> bool:
    """Whether `text` is hours and minutes with a colon, seconds or not: 00:47:03, 14:31."""
    return _CLOCK.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether `text` is a number as a count of minutes may be written: 45, 45,5, 45.5."""
    return _NUMBER.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def minutes(text: str) -> float | None:
    """The minutes that a duration with units, h:mm:ss, h:mm or a plain number of minutes means.

    None for what cannot be read, also when a unit is unknown, comes twice or in a wrong order.
    """
    if found := _CLOCK.fullmatch(text):
        hours, mins, seconds = (int(part or 0) for part in found.groups())
        return hours * 60 + mins + seconds / 60
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if not looks_like_duration(text):
        return None
    parts = [(int(count), _UNITS.get(unit.casefold(), 0.0)) for count, unit in _PART.findall(text)]
    sizes = [size for _, size in parts]
    if 0.0 in sizes or sorted(set(sizes), reverse=True) != sizes:
        return None
    return sum(count * size for count, size in parts)
