"""Put a timestamp token beside the manifest that it is about."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from chains.errors import plain_text
from crawler.errors import ConfigurationError
from crawler.evidence.sealed_zip import opened_zip, seal, write_zip
from crawler.reports.folder import whole_file

LARGEST = 2**20
_NAMES = {".tsr": "manifest.tsr", ".ots": "manifest.ots"}


def add_timestamp(bundle: Path, token: Path) -> str:
    """Add a token to a bundle, over an earlier one of its kind; return what to tell the user.

    Raises ConfigurationError for a file that is none, OutputError when it cannot be written.
    """
    name = _NAMES.get(token.suffix.lower())
    if name is None or not token.is_file() or not 0 < token.stat().st_size <= LARGEST:
        raise ConfigurationError(
            [f"--timestamp: {plain_text(token)} is no timestamp token"],
            hint="an RFC 3161 response ends in .tsr, an OpenTimestamps proof in .ots",
        )
    if bundle.is_dir():
        with whole_file(bundle / name) as stream:
            stream.write(token.read_bytes())
        return f"{name} was added."
    with tempfile.TemporaryDirectory(prefix="assay-", dir=bundle.parent) as folder:
        inside = Path(folder, "inside")
        with opened_zip(bundle) as archive:
            names = archive.namelist()
            archive.extractall(inside)
        shutil.copyfile(token, inside / name)
        packed = Path(folder, "bundle.zip")
        with packed.open("wb") as stream:
            write_zip(stream, inside, dict.fromkeys([*names, name]))
        seal(packed)
        packed.replace(bundle)
    return f"{name} was added."
