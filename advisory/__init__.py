"""Peerforløb: the case manager for programmes on including peers in municipal social psychiatry.

In a notebook:

    from advisory import open_store
    store = open_store("peers.db", read_only=True)
"""

from .store import Actor, Store, open_store

__version__ = "0.1.0"

__all__ = ["Actor", "Store", "open_store"]
