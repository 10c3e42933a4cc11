from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import ConfigurationError
from crawler.evidence.timestamp import add_timestamp
from tests.fakes.evidence_scene import again


@pytest.mark.parametrize("suffix", [".tsr", ".ots"])
def test_a_token_is_added_beside_the_manifest(bundle: Path, zipped: Path, suffix: str) -> None:
    token = bundle.parent / f"my token{suffix}"
    for path in (bundle, zipped):
        before = again(path).manifest_sha256
        for content in (b"first", b"second, which takes its place"):
            token.write_bytes(content)
            assert add_timestamp(path, token) == f"manifest{suffix} was added."
        after = again(path)
        assert after.problems == []
        assert after.manifest_sha256 == before
        assert any(f"manifest{suffix} is there" in note for note in after.notes)


@pytest.mark.parametrize("name", ["token.txt", "none.tsr", "empty.tsr"])
def test_what_is_no_token_is_refused(bundle: Path, name: str) -> None:
    token = bundle.parent / name
    if name != "none.tsr":
        token.write_bytes(b"" if name == "empty.tsr" else b"x")
    with pytest.raises(ConfigurationError, match="no timestamp token"):
        add_timestamp(bundle, token)
