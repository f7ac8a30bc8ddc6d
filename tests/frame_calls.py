"""Every function that reads for a page, and every way to call it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Any

from advisory import frames
from advisory.domain.attendance import Person, Report

Call = Callable[[Any], Any]
FIGURES = ("running", "on_time", "late", "participations", "contact", "deadline")
NOT_READING = {"sees_heads"}  # asks who is at work, and reads nothing
REPORT = Report("table", None, None, None, 1, (Person("Ane Holm", "a@x.example", (), 45),), ())
# What can be asked for by name; an empty one says that it is in the address of nobody.
WORDS: Mapping[str, Sequence[Any]] = {
    **{"figure": FIGURES, "report": (REPORT,), "records": ((),), "cohort": ("2024-02", "2025-08")},
    **{"actor": ("Jonas",), "roles": (("office",),), "action": ("note.add",), "limit": (5,)},
    **{"table": ("note", "person", "headcount"), "since": (date(2025, 1, 1),), "above": (0,)},
    **{"until": (date(2025, 3, 1),), "below": (10_000_000,), "consultant_id": (1, 2)},
    "record": (("note", 1),),
}


def functions(*modules: ModuleType) -> dict[str, Callable[..., Any]]:
    """The public functions of the modules, of all frames without any, whose first is a store."""
    found = modules or [
        importlib.import_module(f"{frames.__name__}.{one.name}")
        for one in pkgutil.iter_modules(frames.__path__)
    ]
    return {
        name: function
        for module in found
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and name not in NOT_READING
        and next(iter(inspect.signature(function).parameters), "") == "store"
    }


def undeclared(found: Mapping[str, Callable[..., Any]]) -> set[str]:
    """Those that do not say what one must be allowed to read for them."""
    return {name for name, function in found.items() if not hasattr(function, "reads")}


def calls(function: Callable[..., Any], values: Mapping[str, Sequence[Any]]) -> Iterator[Call]:
    """The function with every one of `values` by itself, and without those it can do without.

    A parameter it needs that is in neither `values` nor `WORDS` is a KeyError.
    """
    known = {**WORDS, **values}
    _, *parameters = inspect.signature(function).parameters.values()
    needed = [one.name for one in parameters if one.default is inspect.Parameter.empty]
    first = {name: known[name][0] for name in needed}
    asked = [first]
    for name in [one.name for one in parameters if one.name in known]:
        asked += [{**first, name: value} for value in known[name]]
    return (lambda store, of=of: function(store, **of) for of in asked)
