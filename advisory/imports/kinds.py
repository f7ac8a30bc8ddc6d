"""What a file is, told from its first bytes and never from its name."""

import re

_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_KINDS = (
    (b"\xff\xfe\x00\x00", "utf32"),
    (b"\x00\x00\xfe\xff", "utf32"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"\x1f\x8b", "packed"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
    (b"Rar!", "packed"),
    (b"\xfd7zXZ", "packed"),
    (b"(\xb5/\xfd", "packed"),
    (b"{\\rtf", "word"),
    (b"SQLite format 3\x00", "program"),
    (b"MZ\x90\x00", "program"),
    (b"\x7fELF", "program"),
)
_HTML = re.compile(rb"<(?:!doctype\s+)?html|<table|<head|<body", re.I)
_CONTROL = bytes(set(range(32)) - set(b"\0\t\n\v\f\r\x1b"))


def kind(content: bytes) -> str:
    """What the bytes are: `zip`, `text`, `locked` (with a password), or a word of `file_kind`."""
    found = next((what for start, what in _KINDS if content.startswith(start)), None)
    if found == "ole":
        return _ole_kind(content)
    return found or _text_kind(content)


def _ole_kind(content: bytes) -> str:
    """An old Office file names its streams in UTF-16; a locked .xlsx has one with that name."""
    names = (("EncryptedPackage", "locked"), ("Workbook", "xls"), ("Book", "xls"))
    return next((what for name, what in names if name.encode("utf-16-le") in content), "ole")


def _text_kind(content: bytes) -> str:
    """`text`, `html`, `xml` or `unknown`, where no signature says what it is."""
    start = content[:65_536]
    plain = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if plain.startswith(b"<"):
        return "html" if _HTML.search(plain[:2_000]) else "xml"
    if plain.startswith(b"BEGIN:VCALENDAR"):
        return "calendar"
    if start.count(0) * 5 > len(start) * 3:
        return "utf32"
    wide = content.startswith(_BOMS) or start.count(0) * 4 > len(start)  # two bytes a letter
    odd = len(start) - len(start.translate(None, _CONTROL))
    return "text" if wide or odd * 50 <= len(start) else "unknown"
