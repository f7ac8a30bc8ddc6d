"""The child that reads one file: `__main__.py MEMORY_MB SECONDS`, as `child.ask` starts it.

It is started as a file and not with -m, which would first run `advisory/__init__.py` and with it
the database and pandas: half a second, and nothing the reader of a file should have at hand.
"""

import importlib
import sys
import types
from contextlib import suppress
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def restrict(memory_mb: int, seconds: int) -> list[str]:
    """Set the limits that this system has and return their names; Windows has none."""
    kept: list[str] = []
    with suppress(ImportError):
        resource = importlib.import_module("resource")
        for name, soft, hard in (
            ("RLIMIT_AS", memory_mb << 20, memory_mb << 20),
            ("RLIMIT_CPU", seconds, seconds + 1),  # for when the parent is no longer there
            ("RLIMIT_NOFILE", 32, 32),
            ("RLIMIT_NPROC", 0, 0),  # it starts nothing
            ("RLIMIT_FSIZE", 0, 0),  # it writes to no file
            ("RLIMIT_CORE", 0, 0),  # and leaves nothing behind when it dies
        ):
            with suppress(AttributeError, ValueError, OSError):
                resource.setrlimit(getattr(resource, name), (soft, hard))
                kept.append(name)
    return kept


def load_child() -> types.ModuleType:
    """`advisory.imports.child`, without running `advisory/__init__.py`."""
    package = types.ModuleType("advisory")
    package.__path__ = [str(PACKAGE)]
    sys.modules.setdefault("advisory", package)
    return importlib.import_module("advisory.imports.child")


if __name__ == "__main__":
    restrict(int(sys.argv[1]), int(sys.argv[2]))
    print(load_child().answer(sys.stdin.buffer.readline(), sys.stdin.buffer.read()))
