from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.resources import config_dir

if TYPE_CHECKING:
    from collections.abc import Callable

STUB = """#!{python}
import http.server, signal, sys, time

class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = {body!r}
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

print("starting", flush=True)
{before}
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print("Listening on 127.0.0.1:" + str(server.server_port), flush=True)
{after}
server.serve_forever()
"""
"""Stands in for the anvil binary: announces a port and gives one and the same answer."""


@pytest.fixture
def stub(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of programs that start like anvil and then misbehave."""

    def make(body: bytes = b"[]", *, before: str = "", after: str = "") -> Path:
        program = tmp_path / "stub"
        program.write_text(
            STUB.format(python=sys.executable, body=body, before=before, after=after)
        )
        program.chmod(0o755)
        return program

    return make


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The folder config/demo, of the checkout or of the installed package."""
    return Path(str(config_dir() / "demo"))
