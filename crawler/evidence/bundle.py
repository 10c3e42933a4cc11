"""Write a bundle: members are laid beside its place, then it appears whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO

import crawler
from chains.errors import plain_text
from crawler.errors import ConfigurationError, OutputError
from crawler.evidence.exchanges import ExchangeWriter
from crawler.evidence.manifest import (
    MANIFEST,
    SIGNATURE,
    Member,
    is_safe_name,
    manifest_bytes,
)
from crawler.evidence.recording import RecordWriter
from crawler.evidence.sealed_zip import seal, write_zip
from crawler.evidence.signing import Signer, load_signer
from crawler.reports import json as json_report
from crawler.reports.folder import require_folder, rests, working_folder
from crawler.reports.model import Report
from crawler.resources import config_dir
from crawler.settings import Settings
from crawler.wallet_list import WalletList

RUN, ANSWERS, EXCHANGES = "run.json", "answers.jsonl", "exchanges.jsonl.gz"
FINDINGS, PROOFS, REPORT = "findings.jsonl", "proofs.jsonl", "report.json"
LIST, TABLES, LIABILITIES = "list", "tables", "liabilities"

LIABILITIES_LIMIT = 64 * 2**20
"""Bytes of files that say what is owed, up to which the bundle carries them."""

_EARLIER = "earlier"
"""Where the bundle that is replaced lies while the new one takes its place."""

_HINT = "a bundle appears in a new place, or takes the place of an earlier one"


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that was written."""

    path: Path
    manifest_sha256: str
    signed: bool

    def sentence(self) -> str:
        """Return what to tell the user; the digest is what a timestamp or a notary takes."""
        signed = "signed" if self.signed else "not signed"
        return f"Evidence: {self.path} ({signed}), manifest SHA-256 {self.manifest_sha256}"


class Evidence:
    """Collects the members of one bundle. Made by `open_evidence`."""

    def __init__(
        self, staging: Path, target: Path, signer: Signer | None, files: ExitStack
    ) -> None:
        self._staging = staging
        self._target = target
        self._signer = signer
        self._files = files
        self.record = RecordWriter(self._writer(ANSWERS))
        self.exchanges = ExchangeWriter(self._writer(EXCHANGES))
        self._run: dict[str, object] = {}
        self.written: Written | None = None

    def path(self, name: str) -> Path:
        """Return where to lay a member."""
        path = self._staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def stream(self, name: str) -> BinaryIO:
        """Open a member to be written; it is closed when the bundle is."""
        return self._files.enter_context(self.path(name).open("wb", buffering=1 << 20))

    def _writer(self, name: str) -> Callable[[bytes], None]:
        stream = self.stream(name)

        def write(content: bytes) -> None:
            with _faults(self._target):
                stream.write(content)

        return write

    def describe(
        self,
        wallet_list: WalletList,
        settings: Settings,
        *,
        started: datetime,
        quorum: int,
        prove: str | None,
        judge: bool,
        moment: datetime | None,
    ) -> None:
        """Take in what the run is about: what `replay` needs, and no endpoint."""
        self._run = {
            "assay": crawler.__version__,
            "started": started.isoformat(),
            "entity": wallet_list.entity.name,
            "list_sha256": wallet_list.source.digest,
            "heights": dict(sorted(settings.heights.items())),
            "limits": asdict(settings.limits),
            "quorum": quorum,
            "prove": prove,
            "judge": judge,
            "moment": None if moment is None else moment.isoformat(),
            "liabilities": [],
        }
        with _faults(self._target):
            copy_tables(config_dir(), wallet_list.entity.name, self.path(TABLES))

    def _add_list(self, path: Path, digest: str) -> None:
        """Copy the list as it was read. Raises OutputError when it is another one by now."""
        self._run["list_name"] = path.name
        target = self.path(f"{LIST}/{path.name}")
        shutil.copyfile(path, target)
        with target.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise OutputError(f"{plain_text(path.name)} changed while it was being verified.")

    def _add_liabilities(self, paths: Sequence[Path]) -> None:
        """Copy what says what is owed, if it is small; of the rest, keep name, size and digest."""
        described: list[object] = []
        files = [entry for path in paths for entry in _files_of(path)]
        carried = sum(path.stat().st_size for _, path in files) <= LIABILITIES_LIMIT and all(
            is_safe_name(f"{LIABILITIES}/0/{name}") for name, _ in files
        )
        for number, path in enumerate(paths):
            for name, file in _files_of(path):
                with file.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
                described.append({
                    "argument": number, "name": name, "sha256": digest,
                    "size": file.stat().st_size, "carried": carried,
                })  # fmt: skip
                if carried:
                    shutil.copyfile(file, self.path(f"{LIABILITIES}/{number}/{name}"))
        self._run["liabilities"] = described

    def copy(self, name: str, path: Path) -> None:
        """Copy a file that the run has written elsewhere as a member."""
        with _faults(self._target):
            shutil.copyfile(path, self.path(name))

    def add(self, path: Path, wallet_list: WalletList, liabilities: Sequence[Path] = ()) -> None:
        """Take in the files that the run was about: the list at `path`, and what is owed."""
        with _faults(self._target):
            self._add_list(path, wallet_list.source.digest)
            self._add_liabilities(liabilities)

    def finish(self, report: Report) -> Written:
        """Write the bundle. Raises OutputError when its place cannot be written."""
        with _faults(self._target):
            return self._finish(report)

    def _finish(self, report: Report) -> Written:
        self.record.finish()
        self.exchanges.finish()
        self._files.close()
        self.path(REPORT).write_text(json_report.render(report), encoding="utf-8")
        run = json.dumps(self._run, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        self.path(RUN).write_text(run, encoding="utf-8")
        manifest = manifest_bytes(_members(self._staging))
        self.path(MANIFEST).write_bytes(manifest)
        if self._signer is not None:
            self.path(SIGNATURE).write_bytes(self._signer.sign(manifest))
        _place(self._staging, self._target)
        digest = hashlib.sha256(manifest).hexdigest()
        self.written = Written(self._target, digest, self._signer is not None)
        return self.written


@contextmanager
def open_evidence(target: Path, signer: Signer | None = None) -> Iterator[Evidence]:
    """Open a bundle to be written to `target`: a zip if its name ends so, else a folder.

    Nothing appears there before `Evidence.finish`. Raises OutputError when it could not.
    """
    _require_place(target)
    _restore(target)
    with working_folder(target) as folder, _streams(target) as files:
        inside = folder / "bundle"
        inside.mkdir()
        yield Evidence(inside, target, signer, files)


@contextmanager
def _faults(target: Path) -> Iterator[None]:
    """Turn the system's refusals to write into OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _streams(target: Path) -> Iterator[ExitStack]:
    """Give what closes streams at the end, when a full disk may refuse what they still hold."""
    files = ExitStack()
    try:
        yield files
    except BaseException:
        with suppress(OSError):  # something else is on its way already, perhaps the same refusal
            files.close()
        raise
    with _faults(target):
        files.close()


@contextmanager
def evidence_of(
    target: Path | None, key: Path | None, wallet_list: Path
) -> Iterator[Evidence | None]:
    """Open the bundle about a list that a command's flags ask for, None if they ask for none.

    Raises ConfigurationError for a key that is none, or nothing to sign, and OutputError for a
    list whose name no member can have: before the work, not after it.
    """
    if target is None:
        if key is not None:
            raise ConfigurationError(["--sign-with signs evidence: name its place by --evidence"])
        yield None
        return
    _require_name(f"{LIST}/{wallet_list.name}")
    signer = load_signer(key) if key is not None else None
    with open_evidence(target, signer) as evidence:
        yield evidence


def copy_tables(source: Traversable, entity: str, target: Path) -> None:
    """Copy what an entity's list is read by: networks, assets, limits, and the entity itself."""
    (target / "entities").mkdir(parents=True, exist_ok=True)
    for name in table_names(entity):
        found = source
        for part in name.split("/"):
            found = found.joinpath(part)
        (target / name).write_bytes(found.read_bytes())


def table_names(entity: str) -> tuple[str, ...]:
    """Return the files of the registries that a run over one entity's list depends on."""
    return ("settings.toml", "networks.toml", "assets.toml", f"entities/{entity}.toml")


def liability_paths(described: Sequence[Mapping[str, object]], folder: Path) -> list[Path] | None:
    """Return the arguments that said what is owed, inside a bundle; None if it does not carry them.

    Raises KeyError or ValueError for a description that is none.
    """
    if not all(one["carried"] is True for one in described):
        return None
    arguments: dict[int, Path] = {}
    for one in described:
        number, name = one["argument"], str(one["name"])
        if not isinstance(number, int) or not is_safe_name(name):
            raise ValueError("no such file of liabilities")
        top = name.split("/", maxsplit=1)[0]
        arguments.setdefault(number, folder / LIABILITIES / str(number) / top)
    return [arguments[number] for number in sorted(arguments)]


def _files_of(path: Path) -> list[tuple[str, Path]]:
    """Return (name below the bundle's own folder, file) of an argument."""
    if not path.is_dir():
        return [(path.name, path)]
    inside = sorted(entry for entry in path.rglob("*") if entry.is_file())
    return [(f"{path.resolve().name}/{entry.relative_to(path).as_posix()}", entry)
            for entry in inside]  # fmt: skip


def _require_name(name: str) -> None:
    if not is_safe_name(name):
        raise OutputError(
            f"{plain_text(repr(name))} cannot be the name of a member of a bundle.",
            hint="give the file a plainer name",
        )


def _members(folder: Path) -> Iterator[Member]:
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            _require_name(name)
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            yield Member(name, digest, path.stat().st_size)


def _is_zip(target: Path) -> bool:
    return target.suffix.lower() == ".zip"


def _require_place(target: Path) -> None:
    if _is_zip(target):
        if target.is_dir():
            raise OutputError(f"{target} is a folder.", hint=_HINT)
        require_folder(target.parent)
    else:
        require_folder(target)
        if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
            raise OutputError(f"{target} holds other files.", hint=_HINT)


def _place(staging: Path, target: Path) -> None:
    """Move a finished bundle to its place, over an earlier one."""
    if _is_zip(target):
        packed = staging.with_name("bundle.zip")
        names = sorted(p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file())
        names.remove(MANIFEST)
        with packed.open("wb") as stream:
            write_zip(stream, staging, [MANIFEST, *names])
        seal(packed)
        packed.replace(target)
        return
    if target.is_dir():
        target.rename(staging.with_name(_EARLIER))
    staging.rename(target)


def _restore(target: Path) -> None:
    """Put the earlier bundle back that a run had just moved away when it was killed."""
    for rest in rests(target):
        if not target.exists() and (rest / _EARLIER).is_dir():
            (rest / _EARLIER).rename(target)
