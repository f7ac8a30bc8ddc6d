"""Reading what other systems export."""

from .child import read_safely
from .report import read

__all__ = ["read", "read_safely"]
