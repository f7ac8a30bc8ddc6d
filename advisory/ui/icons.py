"""Icons as inline SVG: `icon("lock")`; the drawings of the visual language, no other host asked.

A line icon takes the colour of the text around it. A status icon has a shape of its own as well as
a colour, and stands beside its word.
"""

from functools import lru_cache

from markupsafe import Markup

_LINES = {
    "home": "M3 11l9-7 9 7M5 10v10h14V10M10 20v-6h4v6",
    "municipality": (
        "M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 "
        "2.5 0 0 0 0 5z"
    ),
    "intake": "M3 13l3-8h12l3 8v6H3zM3 13h5l2 3h4l2-3h5",
    "calendar": "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
    "megaphone": "M4 10v5h3l8 4V6l-8 4zM18 9.5a4 4 0 0 1 0 6",
    "mail": "M3 6h18v13H3zM3 7l9 7 9-7",
    "task": "M4 5h16v14H4zM8 12l3 3 5-6",
    "shield": "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
    "chart": "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-7",
    "settings": (
        "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 "
        "2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"
    ),
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
    "history": "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2",
    "bell": "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "eye": (
        "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 "
        "0-6 3 3 0 0 0 0 6z"
    ),
    "chevron-down": "M6 9l6 6 6-6",
    "chevron-right": "M9 6l6 6-6 6",
    "chevron-left": "M15 6l-6 6 6 6",
    "plus": "M12 5v14M5 12h14",
    "x": "M6 6l12 12M18 6L6 18",
    "check": "M5 12.5l4.5 4.5L19 7",
    "download": "M12 4v11M7 11l5 5 5-5M4 20h16",
    "upload": "M12 16V5M7 9l5-5 5 5M4 20h16",
    "print": "M7 9V4h10v5M5 9h14v8h-3M8 17H5M8 14h8v6H8z",
    "move": "M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4",
    "scales": "M12 4v16M6 20h12M4 8h16M4 8l-2 6h5zM20 8l-2.5 6h5z",
    "link": (
        "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 "
        "11 18.7l1-1"
    ),
    "external": "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9",
    "phone": (
        "M6 3h4l1.5 5-2.5 1.5a12 12 0 0 0 5.5 5.5L16 12.5l5 1.5v4c0 1.7-1.3 3-3 3C10 21 3 14 3 "
        "6c0-1.7 1.3-3 3-3z"
    ),
    "video": "M3 7h12v10H3zM15 11l6-3v8l-6-3",
    "people": (
        "M9 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.3-4 2.8-5.5 6.5-5.5s6.2 1.5 6.5 "
        "5.5M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.8c2.2.6 3.3 2.2 3.5 5.2"
    ),
    "note": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    "menu": "M4 7h16M4 12h16M4 17h16",
}

_STATUSES = {
    "done": Markup(
        '<circle cx="8" cy="8" r="7" fill="#1E7658"/><path d="M4.6 8.3l2.3 2.3 4.5-5" '
        'stroke="#fff" stroke-width="1.8" fill="none" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
    ),
    "soon": Markup(
        '<circle cx="8" cy="8" r="6.2" fill="#fff" stroke="#BD8210" stroke-width="1.7"/><path '
        'd="M8 4.6V8l2.3 1.6" stroke="#8A5900" stroke-width="1.7" fill="none" '
        'stroke-linecap="round"/>'
    ),
    "over": Markup(
        '<path d="M8 .9l7.2 13.4H.8z" fill="#B0271D" stroke="#B0271D" stroke-width="1" '
        'stroke-linejoin="round"/><path d="M8 5.6v4.2M8 12v.3" stroke="#fff" '
        'stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "run": Markup(
        '<circle cx="8" cy="8" r="6.2" fill="none" stroke="#1A5A6B" stroke-width="1.7"/><path '
        'd="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="#1A5A6B"/>'
    ),
    "plan": Markup(
        '<circle cx="8" cy="8" r="6.2" fill="none" stroke="#5B6971" stroke-width="1.5" '
        'stroke-dasharray="2.6 2.2"/>'
    ),
    "part": Markup(
        '<rect x="1.8" y="1.8" width="12.4" height="12.4" rx="3" fill="#fff" stroke="#8A5900" '
        'stroke-width="1.7"/><path d="M4.8 8h6.4" stroke="#8A5900" stroke-width="1.8" '
        'stroke-linecap="round"/>'
    ),
    "no": Markup(
        '<circle cx="8" cy="8" r="6.2" fill="#fff" stroke="#5B6971" stroke-width="1.6"/><path '
        'd="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" stroke="#5B6971" stroke-width="1.6" '
        'stroke-linecap="round"/>'
    ),
}

_MARK = Markup(
    '<circle cx="9.5" cy="13" r="7.5" fill="none" stroke="#9FC8D1" '
    'stroke-width="2.2"/><circle cx="16.5" cy="13" r="7.5" fill="none" stroke="#fff" '
    'stroke-width="2.2"/>'
)

_LINE = Markup(
    '<g fill="none" stroke="currentColor" stroke-width="1.75"'
    ' stroke-linecap="round" stroke-linejoin="round"><path d="{}"/></g>'
)
_HIDDEN = Markup(
    '<svg class="i" width="{0}" height="{0}" viewBox="0 0 {1} {1}" aria-hidden="true">{2}</svg>'
)
_IMAGE = Markup(
    '<svg class="i" width="{0}" height="{0}" viewBox="0 0 {1} {1}" role="img"><title>{3}</title>{2}'
    "</svg>"
)


# name -> (size of the view box, markup inside the svg)
ICONS: dict[str, tuple[int, Markup]] = {
    **{name: (24, _LINE.format(path)) for name, path in _LINES.items()},
    **{name: (16, drawing) for name, drawing in _STATUSES.items()},
    "mark": (26, _MARK),
}


@lru_cache(maxsize=512)
def icon(name: str, size: int = 16, label: str | None = None) -> Markup:
    """The icon `name` as SVG, `size` pixels square; an unknown name raises KeyError.

    With `label` it is an image of that name to a screen reader, else hidden from it.
    """
    box, inner = ICONS[name]
    return (_HIDDEN if label is None else _IMAGE).format(size, box, inner, label)
