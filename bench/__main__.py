"""Measure everything, or some parts, and print what came out.

python -m bench [--quick] [--json FILE] [store] [frames] [pages] [sessions] [signup]
                [activities] [intake] [history] [peers]
"""

import argparse
import tempfile
import time
from pathlib import Path

from . import activities, frames, history, intake, pages, peers, results, sessions, signup, store

PARTS = {
    "store": store,
    "frames": frames,
    "pages": pages,
    "sessions": sessions,
    "signup": signup,
    "activities": activities,
    "intake": intake,
    "history": history,
    "peers": peers,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller databases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    machine, found, started = results.where(), [], time.monotonic()
    print("  ".join(f"{name} {value}" for name, value in machine.items()))
    for name in chosen.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="advisory-bench-") as folder:
            mine = list(PARTS[name].measure(Path(folder), quick=chosen.quick))
        print("\n" + results.table(mine), flush=True)
        found += mine
    judged = [one for one in found if one.met is not None]
    print(f"\n{sum(one.met for one in judged)} of {len(judged)} targets met", end=", ")
    print(f"in {time.monotonic() - started:.0f} s{' (quick)' if chosen.quick else ''}")
    if chosen.json:
        chosen.json.write_text(results.as_json(machine, found), encoding="utf-8")


if __name__ == "__main__":
    main()
