"""From a question to a document: tables of a store as Excel workbooks, CSV files and JSON."""

from .privacy import DOCUMENTS
from .records import as_json, record, records
from .tables import REPORTS, csv_bytes, file_stem, table, xlsx_bytes

__all__ = [
    "DOCUMENTS",
    "REPORTS",
    "as_json",
    "csv_bytes",
    "file_stem",
    "record",
    "records",
    "table",
    "xlsx_bytes",
]
