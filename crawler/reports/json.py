"""report.json and its JSON Schema."""

from __future__ import annotations

import json

from crawler.reports.model import Report

SCHEMA_FILE = "report.schema.json"
"""Shipped beside this module; a test keeps it equal to `schema_text()`."""


def render(report: Report) -> str:
    """Return the report as indented JSON with a newline at its end."""
    return report.model_dump_json(indent=2) + "\n"


def schema_text() -> str:
    """Return the JSON Schema of report.json, as shipped."""
    schema = Report.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Assay report"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
