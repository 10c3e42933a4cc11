from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from aiohttp import web

from crawler.web.openapi import document
from crawler.web.operations import OPERATIONS
from crawler.web.server import ServeOptions, application
from tests.unit.crawler.web.scenes import OKX, Client, json_of


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {str(value["$ref"])} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def routes(made: web.Application) -> set[tuple[str, str]]:
    return {
        (route.method.lower(), route.resource.canonical)
        for route in made.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/")
    }


def test_the_document_has_exactly_the_routes() -> None:
    described = {
        (verb, path)
        for path, item in document()["paths"].items()
        for verb in item
        if verb != "parameters"
    }
    assert described == routes(application(ServeOptions()))


def test_every_reference_leads_somewhere() -> None:
    found = document()
    schemas = found["components"]["schemas"]
    assert references(found) <= {f"#/components/schemas/{name}" for name in schemas}
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert name.isidentifier()


def test_operations_have_names_of_their_own() -> None:
    found = document()
    names = [
        item[verb]["operationId"] for item in found["paths"].values() for verb in ("get", "head")
    ]
    assert len(set(names)) == len(names) == 2 * len(OPERATIONS)


def test_what_may_be_asked_is_described_with_its_bounds() -> None:
    path = next(one.path for one in OPERATIONS if one.name == "findings")
    parameters = {one["name"]: one for one in document()["paths"][path]["get"]["parameters"]}
    assert parameters["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 1000, "default": 100,
    }  # fmt: skip
    assert parameters["ownership"]["schema"]["enum"] == [
        "proven", "partial", "key-only", "unsigned", "unsupported", "failed",
    ]  # fmt: skip
    assert not any(one["required"] for one in parameters.values())


async def test_the_document_is_served(client: Client) -> None:
    assert await json_of(client, "/api/v1/openapi.json") == document()


def schema_of(path: str, status: str) -> dict[str, Any]:
    found = document()
    (content,) = found["paths"][path]["get"]["responses"][status]["content"].values()
    return {**content["schema"], "components": found["components"]}


@pytest.mark.parametrize("name", [one.name for one in OPERATIONS if one.answer])
async def test_answers_are_as_described(client: Client, name: str) -> None:
    (operation,) = [one for one in OPERATIONS if one.name == name]
    path = operation.path.format(entity="okx", snapshot="latest")
    jsonschema.validate(await json_of(client, path), schema_of(operation.path, "200"))
    if "entity" in operation.parameters:
        refused = await json_of(client, operation.path.format(entity="x", snapshot="latest"), 404)
        jsonschema.validate(refused, schema_of(operation.path, "404"))
    refused = await json_of(client, f"{path}?x=1", 400)
    jsonschema.validate(refused, schema_of(operation.path, "400"))


async def test_lines_are_findings_as_described(client: Client) -> None:
    found = document()
    schema = {"$ref": "#/components/schemas/FindingRow", "components": found["components"]}
    async with client.get(f"{OKX}/latest/findings.jsonl") as answer:
        for line in (await answer.text()).splitlines():
            jsonschema.validate(json.loads(line), schema)
