"""`assay ownership`: judge every row of a list offline, streaming the verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chains.adapter import OwnershipWord
from crawler.assess import ExitCode, exit_code_of_ownership, worst
from crawler.block_judge import JudgedBlock
from crawler.entities import STATIC, freshness
from crawler.outcome import ListFile
from crawler.ownership import OwnershipEngine
from crawler.readings import Observer
from crawler.reports.counted import all_of
from crawler.reports.folder import require_folder, whole_file
from crawler.wallet_list import WalletList

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {ExitCode.HOLDS: "green", ExitCode.DOES_NOT_HOLD: "red"}


@dataclass(slots=True)
class OwnershipCounts:
    """Rows by verdict and reason."""

    list_name: str
    list_digest: str
    entity: str
    fresh: tuple[str, ...] = ()
    """As `Entity.fresh`."""
    rows: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    digests: Counter[tuple[str, str]] = field(default_factory=Counter)
    exit_code: ExitCode = ExitCode.HOLDS

    def add(self, judged: JudgedBlock) -> None:
        """Count the rows of a block."""
        for verdict, rows in zip(judged.verdicts, judged.counts, strict=True):
            self.rows += rows
            self.reasons[verdict.word.value, verdict.reason] += rows
            if verdict.digest:
                self.digests[verdict.digest, verdict.message] += rows

    def require_complete(self, files: list[ListFile]) -> None:
        """Raise RuntimeError unless every line that is a row has got its verdict."""
        asked = sum(file.census.claims + file.census.malformed for file in files)
        if asked != self.rows:
            raise RuntimeError(f"the list has {asked} rows, and {self.rows} were judged")

    def words(self) -> dict[str, int]:
        """Return rows by verdict word; every word is there."""
        words = {word.value: 0 for word in OwnershipWord}
        for (word, _), rows in self.reasons.items():
            words[word] += rows
        return words

    def to_json(self) -> str:
        """Return the counts as JSON with a newline at its end."""
        document = {
            "schema_version": "1.0",
            "list": {"name": self.list_name, "sha256": self.list_digest},
            "entity": self.entity,
            "rows": self.rows,
            "verdicts": self.words(),
            "reasons": [
                {"verdict": word, "reason": reason, "rows": rows}
                for (word, reason), rows in sorted(self.reasons.items())
            ],
            "digests": [
                {
                    "digest": digest,
                    "message": message,
                    "freshness": freshness(message, self.fresh),
                    "rows": rows,
                }
                for (digest, message), rows in sorted(self.digests.items())
            ],
            "exit_code": int(self.exit_code),
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        words = self.words()
        match self.exit_code:
            case ExitCode.HOLDS:
                return f"Holds: {all_of(self.rows, 'row')} proven."
            case ExitCode.DOES_NOT_HOLD:
                return (
                    f"Does not hold: {words['failed']:,} of {self.rows:,} rows failed; "
                    f"{words['proven']:,} are proven."
                )
            case _:
                return (
                    f"Incomplete: none failed; {words['proven']:,} of {self.rows:,} rows "
                    "are proven."
                )

    def render(self, console: Console) -> None:
        """Print the counts, the outcome first."""
        from rich.table import Table  # noqa: PLC0415 (not while the workers wait for their rules)
        from rich.text import Text  # noqa: PLC0415

        colour = COLOURS.get(self.exit_code, "yellow")
        console.print(Text(self.sentence(), style=f"bold {colour}"))
        table = Table(box=None, padding=(0, 1))
        table.add_column("rows", justify="right")
        table.add_column("verdict")
        table.add_column("reason", overflow="fold")
        for (word, reason), rows in sorted(self.reasons.items(), key=lambda item: -item[1]):
            table.add_row(f"{rows:,}", word, reason)
        console.print(table)
        static = sum(
            rows
            for (_, message), rows in self.digests.items()
            if freshness(message, self.fresh) == "static"
        )
        if static:
            console.print(Text(f"\n{static:,} {STATIC}", style="dim"))


def judge_list(
    wallet_list: WalletList, observer: Observer, engine: OwnershipEngine, *, out: Path | None
) -> OwnershipCounts:
    """Judge every row and return the counts; with `out`, write one line per row there.

    The lines are JSON, or CSV below a header when the name ends in ``.csv``. The file appears
    only when every row is judged. Raises ListError and OutputError.
    """
    if out is not None:
        require_folder(out.parent)
    source = wallet_list.source
    entity = wallet_list.entity
    counts = OwnershipCounts(source.name, source.digest, entity.name, entity.fresh)
    observer.start("ownership", None)
    form = _as_csv() if out is not None and out.suffix.lower() == ".csv" else bytes
    with ExitStack() as resources:
        lines = resources.enter_context(whole_file(out)) if out is not None else None
        for judged in engine.judge(wallet_list, with_text=lines is not None):
            counts.add(judged)
            if lines is not None:
                lines.write(form(judged.text))
            observer.advance("ownership", sum(judged.counts))
    counts.require_complete(wallet_list.files)
    for word, rows in counts.words().items():
        if rows:
            counts.exit_code = worst(counts.exit_code, exit_code_of_ownership(OwnershipWord(word)))
    return counts


def _as_csv() -> Callable[[bytes], bytes]:
    """Return what makes CSV of the JSON lines of one block after the other."""
    from crawler.reports.csv import verdict_records  # noqa: PLC0415 (few ask for it)

    header = verdict_records(b"")
    is_first = True

    def form(text: bytes) -> bytes:
        nonlocal is_first
        records = verdict_records(text)
        records, is_first = (records if is_first else records[len(header) :]), False
        return records

    return form
