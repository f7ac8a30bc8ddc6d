"""Addresses inside the site; the date and the language of the visit go along."""

from collections.abc import Mapping

from .safe import url

KEPT = ("date", "lang")


class Links:
    """`links("kommune", k="horsens")` is that page, seen on the same date in the same language."""

    def __init__(self, query: Mapping[str, str]):
        self.query = dict(query)
        self._kept = {name: query[name] for name in KEPT if query.get(name)}

    def __call__(self, page: str = "", /, **query: object) -> str:
        """The address of `page`; None and empty text leave a part out."""
        return url(page, **{**self._kept, **query})

    def case(self, slug: str, cohort: str = "") -> str:
        """The case of a municipality; `cohort` tells its cases apart."""
        return self("kommune", k=slug, hold=cohort)

    def keep(self, **changes: object) -> None:
        """Let the address of this page have other parts from now on, whoever asks for it."""
        self.query |= {name: str(value) for name, value in changes.items() if value}
        for name in [name for name, value in changes.items() if not value]:
            self.query.pop(name, None)

    def here(self, page: str, **changes: object) -> str:
        """This page as it is, with some parts of its address changed."""
        return self(page, **{**self.query, **changes})
