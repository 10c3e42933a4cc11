"""report.json, and the JSON Schemas of all documents."""

from __future__ import annotations

import json

from pydantic import BaseModel

from crawler.reports.model import SCHEMA_VERSION, Report
from crawler.reports.snapshots import Documents

SCHEMA_FILE = "report.schema.json"
"""Shipped beside this module; a test keeps it equal to `schema_text()`."""


def render(report: Report) -> str:
    """Return the report as indented JSON with a newline at its end."""
    return report.model_dump_json(indent=2) + "\n"


def read(text: str | bytes) -> Report | None:
    """Return the report of a report.json, or None when another version of the schema wrote it.

    Raises ValueError when it is none.
    """
    document = json.loads(text)
    if isinstance(document, dict) and document.get("schema_version") != SCHEMA_VERSION:
        return None
    return Report.model_validate_json(text)


def schema_text() -> str:
    """Return the JSON Schema of report.json, as shipped."""
    return _schema(Report, "Assay report")


def snapshots_schema_text() -> str:
    """Return the JSON Schema of <snapshot>.json, index.json and changes.json, as shipped.

    Each of them is one of `$defs`: Summary, Index and Changes.
    """
    return _schema(Documents, "Assay snapshots")


def _schema(model: type[BaseModel], title: str) -> str:
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
