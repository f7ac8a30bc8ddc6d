"""Reading what other systems export."""

from .child import read_safely, read_sheet_safely
from .report import read

__all__ = ["read", "read_safely", "read_sheet_safely"]
