"""The JSON API asked for anything that its OpenAPI document describes, and for anything else.

`make fuzz` does the same at length, with schemathesis.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.web.openapi import document
from tests.unit.crawler.web.scenes import JANUARY, MARCH, Client, client_of, make_folder

DOCUMENT = document()

ANYTHING = st.text(max_size=40) | st.sampled_from(["", "0", "-1", "1e3", "%00", "../..", "9" * 300])

NAMES = {
    "entity": st.just("okx") | st.just("htx") | st.text(string.printable, min_size=1, max_size=20),
    "snapshot": st.just("latest") | st.sampled_from([JANUARY, MARCH]) | ANYTHING,
}


def value_of(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return values that a schema allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "integer":
        highest = schema.get("maximum", schema.get("exclusiveMaximum", 1) - 1)
        return st.integers(schema["minimum"], highest).map(str)
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 50))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, Any], bool]:
    """Return a verb, a path with its query, what is described of it, and whether it is sound."""
    path = draw(st.sampled_from(sorted(DOCUMENT["paths"])))
    verb = draw(st.sampled_from(["get", "get", "head"]))
    item = DOCUMENT["paths"][path]
    named = {one["name"]: draw(NAMES[one["name"]]) for one in item.get("parameters", [])}
    allowed = {
        one["name"]: value_of(one["schema"])
        for one in item[verb]["parameters"]
        if one["in"] == "query"
    }
    query: dict[str, str] = draw(st.fixed_dictionaries({}, optional=allowed))
    is_sound = not draw(st.booleans())
    if not is_sound:
        query[draw(st.sampled_from([*allowed, "another"]))] = draw(ANYTHING)
    filled = path.format(**{name: quote(text, safe="") for name, text in named.items()})
    return verb, f"{filled}?{urlencode(query)}", item[verb], is_sound


class Server:
    """A server and a loop that lives as long as all examples."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._client: Client = self._runner.run(
            self._stack.enter_async_context(client_of(folders=(folder,)))
        )

    def ask(self, verb: str, path: str) -> tuple[int, str, Any, bytes]:
        async def asked() -> tuple[int, str, Any, bytes]:
            async with self._client.request(verb, path) as answer:
                body = await answer.read()
                is_json = verb == "get" and answer.content_type.endswith(("/json", "+json"))
                content = await answer.json(content_type=None) if is_json else None
                return answer.status, answer.content_type, content, body

        return self._runner.run(asked())

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(make_folder(tmp_path_factory.mktemp("served")))
    yield made
    made.close()


@settings(max_examples=200)
@given(requests())
def test_every_answer_is_as_described(
    server: Server, request_: tuple[str, str, dict[str, Any], bool]
) -> None:
    verb, path, described, is_sound = request_
    status, kind, content, body = server.ask(verb, path)
    assert status < 500
    if "/.." not in path.partition("?")[0] and "/." not in path.partition("?")[0]:
        assert str(status) in described["responses"]
    if is_sound:
        assert status in {200, 404}
    if verb == "head":
        assert body == b""
        return
    if status in {200, 400, 404} and content is not None:
        answers = described["responses"][str(status)]["content"]
        schema = {**answers[kind]["schema"], "components": DOCUMENT["components"]}
        jsonschema.validate(content, schema)
    assert b"Traceback" not in body
