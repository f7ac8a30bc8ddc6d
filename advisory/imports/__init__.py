"""Reading what other systems export."""

from .child import read_applications_safely, read_safely, read_sheet_safely
from .report import read

__all__ = ["read", "read_applications_safely", "read_safely", "read_sheet_safely"]
