"""The floor: an empty Panel page in a process of its own. `python -m bench.empty_page PORT`."""

import sys

import panel as pn


def page() -> pn.pane.Markdown:
    return pn.pane.Markdown("x")


if __name__ == "__main__":
    pn.serve(page, port=int(sys.argv[1]), show=False, verbose=False)
