"""Recognising a municipality in what people type, and sorting names the Danish way."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_LAST_WORD = re.compile(r"(?:^|[\s-])(?:regions)?kommunes?$")
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
_CODE = re.compile(r"0?([1-9][0-9]{2})")
# What UTF-8 bytes 80-BF become when they are read as cp1252 or latin-1.
_CONTINUATION = "\u0080-\u00bf" + bytes(range(0x80, 0xA0)).decode("cp1252", errors="ignore")
_GARBLED = re.compile(
    f"[\ufffd\u0080-\u009f┼╪]|[ÂÃÌ][{_CONTINUATION}]|â€"
    # one old code page (cp437, cp850, cp865, cp1252) read as another of them
    "|(?<=[A-Za-zÆØÅæøå])(?:¢|[›†°µÕ‘](?=[a-z]))"
)
_ALPHABET = {letter: rank for rank, letter in enumerate(" 0123456789abcdefghijklmnopqrstuvwxyzæøå")}
_FOREIGN = str.maketrans({"ä": "æ", "ö": "ø", "ü": "y", "ß": "ss", "-": " ", "/": " "})


@dataclass(frozen=True, slots=True)
class Known:
    """A municipality and everything it may be called: short name first, official name, aliases."""

    code: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`exact` with `code` and `name`, or none of them and codes worth asking about."""

    code: int | None = None
    name: str = ""
    suggestions: tuple[int, ...] = ()
    exact: bool = False


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """The letters a-z and digits that two spellings of one municipality have in common.

    Drops case, blanks, punctuation and a last word kommune(s)/regionskommune; æ, ø, å become
    ae, oe, aa. A final s stays: it belongs to names like Assens and Aarhus.
    """
    words = " ".join(unicodedata.normalize("NFC", text).split()).rstrip(". ").lower()
    return re.sub(r"[^a-z0-9]", "", _LAST_WORD.sub("", words).translate(_LETTERS))


def match(text: str | int | float | None, known: Sequence[Known]) -> Match:
    """The municipality that `text`, a whole cell, names.

    A code (101, "101", "0101") or a name equal after `normalise` is exact. A name one letter off
    is a suggestion and never accepted; two letters off is another place. Garbled text, an empty
    cell and code 411 (Christiansø, no municipality) match nothing.
    """
    if isinstance(text, float):
        text = int(text) if text.is_integer() else None
    typed = "" if text is None else str(text).strip()
    if code := _CODE.fullmatch(typed):
        return next((_exact(one) for one in known if one.code == int(code[1])), Match())
    spelled = "" if looks_garbled(typed) else normalise(typed)
    if not spelled:
        return Match()
    exact = _names(tuple(known))
    if spelled in exact:
        return _exact(exact[spelled])
    near = [one.code for name, one in exact.items() if _one_apart(spelled, name)]
    return Match(suggestions=tuple(dict.fromkeys(near)))


def looks_garbled(text: str) -> bool:
    """Whether `text` was read in the wrong encoding, like KÃ¸benhavn or K¢benhavn."""
    return _GARBLED.search(text) is not None


@lru_cache(maxsize=65536)
def sort_key(name: str) -> tuple[tuple[int, ...], str]:
    """Key that sorts Danish names: æ, ø, å last, aa as å, case and accents only as a last resort.

    Hyphens and slashes sort as blanks, before every letter.
    """
    letters = unicodedata.normalize("NFC", name).casefold().replace("aa", "å").translate(_FOREIGN)
    plain = (
        letter if letter in _ALPHABET else unicodedata.normalize("NFD", letter)[0]
        for letter in letters
    )
    return tuple(_ALPHABET[letter] for letter in plain if letter in _ALPHABET), name


def _exact(one: Known) -> Match:
    return Match(one.code, one.names[0], exact=True)


@lru_cache(maxsize=8)
def _names(known: tuple[Known, ...]) -> dict[str, Known]:
    """Every accepted spelling, normalised; the names themselves go before a genitive s."""
    spelled = {normalise(name): one for one in known for name in one.names}
    genitives = {normalise(one.names[0] + "s"): one for one in known}
    return genitives | spelled


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter put in, left out or replaced turns one word into a different one."""
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    return one[at + (len(one) == len(other)) :] == other[at + 1 :]
