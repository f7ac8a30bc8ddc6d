"""Where the milestones of the band stand: icons moved apart, labels in lanes that never collide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from . import drawing
from .drawing import text_width

WIDTH = 1150
NEAREST = 18  # the least distance between two icons
LANES = ("above", "below")
URGENT = ("late", "soon")
GAP = 8  # between two labels in a lane
_COLOURS = {"late": drawing.OVER, "soon": drawing.SOON, "done": drawing.INK2}


@dataclass
class Mark:
    """One milestone: where its day is, where its icon stands, and its label if there is room.

    `side` is "above", "below" or "" for no label; `lane` is 0 for the lane next to the months.
    """

    milestone_id: int
    state: str
    day: date
    label: str
    words: str
    x: float
    side: str = ""
    lane: int = 0
    anchor: str = "middle"
    label_x: float = 0

    @property
    def bold(self) -> bool:
        return self.state in URGENT

    @property
    def colour(self) -> str:
        return _COLOURS.get(self.state, drawing.INK3)

    def extent(self) -> tuple[float, float]:
        """Left and right edge of the label."""
        width = text_width(self.label, bold=self.bold)
        left = self.label_x - width * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]
        return left, left + width


def place_labels(marks: list[Mark], lines: Sequence[float] = ()) -> None:
    """Give each mark a side, lane and position for its label, or side "" when there is no room.

    Overdue and coming milestones choose first, then the others by date, alternating above and
    below. No label covers another, and no line runs through one: neither from an icon to its
    label, nor one of `lines` (today and the end, which go down from the months).
    """
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {
        (side, lane): [] for side in LANES for lane in (0, 1)
    }
    in_time = sorted(marks, key=lambda mark: mark.x)
    preferred = {id(mark): LANES[position % 2] for position, mark in enumerate(in_time)}
    for mark in sorted(in_time, key=lambda mark: mark.state not in URGENT):
        if mark.state == "not_applicable":
            continue
        first = preferred[id(mark)]
        other = LANES[first == LANES[0]]
        for side, lane in ((first, 0), (other, 0), (first, 1), (other, 1)):
            if _fits(mark, side, lane, taken, lines if side == "below" else ()):
                break


def _fits(mark: Mark, side: str, lane: int, taken: dict, lines: Sequence[float]) -> bool:
    """Put the label into the lane and return True, or leave the mark as it was."""
    line = (mark.x - 3, mark.x + 3)
    if lane and not free(line, taken[side, 0], 0):
        return False
    shifted = [("end", mark.x + by) for by in (7, 2)] + [("start", mark.x - by) for by in (7, 2)]
    for anchor, label_x in [("middle", mark.x), *shifted]:
        tried = Mark(**{**vars(mark), "anchor": anchor, "label_x": label_x})
        left, right = tried.extent()
        clear = all(right + 3 <= line_x or left - 3 >= line_x for line_x in lines)
        inside = left >= 0 and right <= WIDTH
        if clear and inside and free((left, right), taken[side, lane], GAP):
            mark.side, mark.lane, mark.anchor, mark.label_x = side, lane, anchor, label_x
            taken[side, lane].append((left, right))
            if lane:
                taken[side, 0].append(line)
            return True
    return False


def free(span: tuple[float, float], taken: list[tuple[float, float]], gap: float) -> bool:
    """Whether `span` keeps `gap` to everything that is taken."""
    return all(span[1] + gap <= left or right + gap <= span[0] for left, right in taken)


def spread(wanted: list[float], low: float, high: float, gap: float = NEAREST) -> list[float]:
    """The positions nearest to `wanted` (ascending) that keep `gap` apart within low..high.

    Where there is no room for all of them, the gap shrinks.
    """
    if len(wanted) > 1:
        gap = min(gap, (high - low) / (len(wanted) - 1))
    # Without the gaps this is a monotone fit: neighbours that would cross share their mean.
    blocks: list[tuple[float, int]] = []
    for position, value in enumerate(wanted):
        mean, size = value - position * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), size + count
        blocks.append((mean, size))
    fitted = [mean for mean, size in blocks for _ in range(size)]
    top = high - (len(wanted) - 1) * gap
    return [min(max(mean, low), top) + position * gap for position, mean in enumerate(fitted)]
