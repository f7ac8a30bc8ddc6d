"""Which column of a table holds the names of its people."""

from collections.abc import Sequence

from ..domain.attendance import folded
from .cells import Kind, Row, email


def name_columns(rows: Sequence[Row], kinds: Sequence[Kind]) -> tuple[int, ...] | None:
    """The column of names, with the next one when first and last names stand apart; None for none.

    The addresses tell which it is: a column of which most cells share a word with the address in
    their row. Without that it is the leftmost with several words in most cells that is about as
    varied as any (a role or a municipality repeats), else the most varied, the leftmost of equals.
    """
    texts, emails = _candidates(kinds)
    if not texts:
        return tuple(emails[:1]) or None
    borne = {at: sum(_in_address(one, at, emails) for one in rows) for at in texts}
    varied = {at: len({one.cell(at) for one in rows if one.cell(at)}) for at in texts}
    known = sum(bool(_address(one, emails)) for one in rows)
    most_varied = max(varied.values())
    sure = [at for at in texts if known and borne[at] * 2 >= known]
    several = [at for at in texts if varied[at] * 2 >= most_varied and _several_words(rows, at)]
    most = [at for at in texts if varied[at] == most_varied]
    name = (sure or several or most)[0]
    after = name + 1
    if after in texts and _are_halves(rows, name, after, known > 0, after in sure):
        return name, after
    return (name,)


def _candidates(kinds: Sequence[Kind]) -> tuple[list[int], list[int]]:
    """The columns of words that may be names, and those of addresses.

    In every report that has times the names are left of them. Where there are only addresses
    there, everybody gave an address as name, and the words to the right are roles.
    """
    texts = [at for at, found in enumerate(kinds) if found is Kind.TEXT]
    emails = [at for at, found in enumerate(kinds) if found is Kind.EMAIL]
    first_time = next((at for at, found in enumerate(kinds) if found is Kind.MOMENT), len(kinds))
    if any(at < first_time for at in (*texts, *emails)):
        texts = [at for at in texts if at < first_time]
    return texts, emails


def _address(one: Row, emails: Sequence[int]) -> str:
    return next((found for at in emails if (found := email(one.cell(at)))), "")


def _in_address(one: Row, column: int, emails: Sequence[int]) -> bool:
    address = folded(_address(one, emails).partition("@")[0]).replace(" ", "")
    words = folded(one.cell(column)).split()
    return bool(address) and any(len(word) > 1 and word in address for word in words)


def _several_words(rows: Sequence[Row], column: int) -> bool:
    filled = [one.cell(column) for one in rows if one.cell(column)]
    return sum(" " in cell for cell in filled) * 2 >= len(filled)


def _are_halves(
    rows: Sequence[Row], first: int, second: int, has_addresses: bool, borne_out: bool
) -> bool:
    """Whether two columns are first and last names: single words, which the addresses bear out.

    Without any address they are taken as such when both vary: two Adas are then not one person.
    """
    cells = [(one.cell(first), one.cell(second)) for one in rows if one.cell(first)]
    single = sum(" " not in a and " " not in b and bool(b) for a, b in cells) * 4 >= len(cells) * 3
    alike = sum(folded(a) == folded(b) for a, b in cells) * 2 >= len(cells)
    varied = len({b for _, b in cells}) * 2 > len(cells)
    return single and not alike and (borne_out if has_addresses else varied)
