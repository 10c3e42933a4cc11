"""The OpenAPI 3.1 document of the API, made from its operations and models. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import crawler
from crawler.web.operations import (
    JSON,
    LINES,
    OPERATIONS,
    PROBLEM,
    FindingRow,
    Operation,
    Problem,
    Query,
)

REFERENCE = "#/components/schemas/{model}"

PATH_SCHEMAS = {
    "entity": {"type": "string", "minLength": 1, "maxLength": 200},
    "snapshot": {
        "type": "string",
        "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}|latest)$",
    },
}
"""Of the names in paths; ``latest`` is the newest snapshot of the entity."""

_MEANINGS = {
    304: "Not modified: it is what If-None-Match names",
    400: "What is asked for cannot be read",
    404: "There is no such thing here",
    405: "Only GET and HEAD are answered",
    421: "Asked for under a name that is not this server's",
    503: "It cannot be read now",
}


def document() -> dict[str, Any]:
    """Return the document. Equal programs give equal documents."""
    models: list[type[BaseModel]] = [Problem, FindingRow]
    models += [operation.answer for operation in OPERATIONS if operation.answer is not None]
    _, components = models_json_schema(
        [(model, "serialization") for model in models], ref_template=REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Assay",
            "version": crawler.__version__,
            "description": "Verified wallet lists. Read-only; amounts are text in whole units.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {operation.path: _item(operation) for operation in OPERATIONS},
        "components": {"schemas": components["$defs"]},
    }


def _item(operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS[name]}
        for name in operation.parameters
    ]
    verbs = {"get": _operation(operation, ""), "head": _operation(operation, "Head")}
    return {"parameters": parameters, **verbs} if parameters else verbs


def _operation(operation: Operation, suffix: str) -> dict[str, Any]:
    has_body = not suffix
    return {
        "operationId": operation.name + suffix,
        "summary": operation.summary,
        "parameters": [*_query(operation.query), _IF_NONE_MATCH],
        "responses": {
            "200": _answer(operation, has_body=has_body),
            "304": {"description": _MEANINGS[304], "headers": _ETAG},
            **{
                str(status): _refusal(status, has_body=has_body)
                for status in sorted({*operation.refusals, 421})
            },
        },
    }


_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "of exactly these bytes"}}

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETag that is known already",
}


def _answer(operation: Operation, *, has_body: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary, "headers": _ETAG}
    if not has_body:
        return answer
    schema: dict[str, Any] = {"type": "object"}
    if operation.answer is not None:
        schema = {"$ref": REFERENCE.format(model=operation.answer.__name__)}
    elif operation.media == LINES:
        schema = {"type": "string", "description": "one FindingRow a line"}
    return {**answer, "content": {operation.media: {"schema": schema}}}


def _refusal(status: int, *, has_body: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _MEANINGS.get(status, HTTPStatus(status).phrase)}
    if has_body:
        content = {PROBLEM: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            content[JSON] = {"schema": {"$ref": REFERENCE.format(model="Health")}}
        answer["content"] = content
    return answer


def _query(query: type[Query]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    words = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            **({"description": member["description"]} if "description" in member else {}),
            "schema": _present(member, words),
        }
        for name, member in schema.get("properties", {}).items()
    ]


def _present(member: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a member that is given: being absent is no value of its own."""
    (given,) = [one for one in member.get("anyOf", [member]) if one.get("type") != "null"]
    if "$ref" in given:
        given = words[given["$ref"].rpartition("/")[2]]
    kept = {"type", "enum", "minimum", "maximum", "exclusiveMaximum", "minLength", "maxLength"}
    found = {name: given[name] for name in given if name in kept}
    if "default" in member and member["default"] is not None:
        found["default"] = member["default"]
    return found
