"""Where two JSON texts differ, in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chains.errors import plain_text


def difference(recorded: bytes, made: bytes) -> str:
    """Return where two JSON texts differ first."""
    try:
        before, after = msgspec.json.decode(recorded), msgspec.json.decode(made)
    except (ValueError, RecursionError):
        return "the line is missing" if not recorded else "it is not the JSON that comes out"
    found = _first_difference(before, after, "")
    return found or "the same values, spelled otherwise"


def _first_difference(before: Any, after: Any, path: str) -> str:  # noqa: ANN401 (JSON)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            if found := _first_difference(before.get(key), after.get(key), f"{path}.{key}"):
                return found
        return ""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            if found := _first_difference(one, other, f"{path}[{place}]"):
                return found
        return ""
    if before == after and type(before) is type(after):
        return ""
    shown = [plain_text(msgspec.json.encode(value).decode()) for value in (before, after)]
    return f"{path.lstrip('.')} is recorded as {shown[0]} and comes out as {shown[1]}"
