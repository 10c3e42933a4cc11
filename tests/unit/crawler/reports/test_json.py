from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import crawler.reports
from crawler.reports.json import SCHEMA_FILE, read, render, schema_text
from tests.unit.crawler.reports.samples import report

GOLDEN = Path(__file__).parents[3] / "golden" / "report.json"
SHIPPED = Path(crawler.reports.__file__).parent / SCHEMA_FILE


def test_the_shipped_schema_is_the_models_own() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == schema_text()


def test_the_report_fits_its_schema_and_a_changed_one_does_not() -> None:
    schema = json.loads(schema_text())
    document = json.loads(render(report()))
    jsonschema.validate(document, schema)
    document["assets"][0]["sums"]["claimed"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_no_amount_is_a_json_number() -> None:
    def numbers(value: object, path: str = "") -> list[str]:
        if isinstance(value, dict):
            return [hit for name, member in value.items() for hit in numbers(member, name)]
        if isinstance(value, list):
            return [hit for member in value for hit in numbers(member, path)]
        return [path] if isinstance(value, float) else []

    document = json.loads(render(report()))
    del document["timing"]
    assert numbers(document) == []


def test_the_bytes_are_the_golden_ones() -> None:
    assert render(report()) == GOLDEN.read_text(encoding="utf-8")


def test_a_report_of_another_schema_is_none_and_nonsense_is_an_error() -> None:
    text = render(report())
    assert read(text) == report()
    assert read(text.replace('"schema_version": "1.2"', '"schema_version": "1.1"')) is None
    with pytest.raises(ValueError, match="verdict"):
        read('{"schema_version": "1.2"}')
    with pytest.raises(ValueError, match="valid"):
        read("[]")
