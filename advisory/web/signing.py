"""Marks on what goes out in a form or an address and comes back: it is ours, and unchanged."""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

KEY_BYTES = 32
MARK_BYTES = 16


class Signer:
    """Marks made with one key."""

    def __init__(self, key: bytes):
        self._key = key

    def mark(self, *parts: str) -> str:
        """The mark of these texts in this order, 22 letters that may stand in an address."""
        said = "\0".join(parts).encode()
        made = hmac.new(self._key, said, hashlib.sha256).digest()[:MARK_BYTES]
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def is_ours(self, mark: str, *parts: str) -> bool:
        """Whether `mark` is the mark of these texts."""
        return hmac.compare_digest(mark.encode(), self.mark(*parts).encode())


def derived(key: bytes, purpose: str) -> str:
    """A key of its own for another purpose, 64 hexadecimal digits: one leaves the others safe."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()


def key_beside(db: Path) -> bytes:
    """The key that all server processes on one database share: 32 random bytes beside it.

    The file `<database>.form-key` can be read by its owner only. It is written whole under another
    name and then given its own, which only the first of several processes can do. Where nothing can
    be written beside the database, nobody can sign up either, and the key is this process's own.
    """
    path = key_path(db)
    try:
        if not path.exists():
            _write_first(path)
        return path.read_bytes()
    except OSError:
        return secrets.token_bytes(KEY_BYTES)


def key_path(db: Path) -> Path:
    """Where the key of a database lies."""
    return db.with_name(db.name + ".form-key")


def _write_first(path: Path) -> None:
    handle, own = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(own, path)
    except FileExistsError:  # another process was first
        pass
    finally:
        os.unlink(own)
