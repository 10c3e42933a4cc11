"""Progress on stderr: bars in a terminal, JSON lines for machines, silence elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

PERIOD_S = 1.0
"""Between two JSON lines of one stage, at least."""


class Bars:
    """An observer that draws one bar per stage when stderr is a terminal."""

    def __init__(self, *, quiet: bool = False, verbose: int = 0) -> None:
        self._console = Console(stderr=True)
        self._verbose = verbose
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed_text]}"),
            TextColumn("[red]{task.fields[error_text]}[/red]"),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._errors: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def start(self, stage: str, total: int | None) -> None:
        """Add a bar, or begin one anew."""
        if stage in self._tasks:
            self._progress.remove_task(self._tasks[stage])
        self._errors[stage] = 0
        self._tasks[stage] = self._progress.add_task(
            stage, total=total, speed_text="", error_text=""
        )

    def advance(self, stage: str, steps: int, errors: int = 0) -> None:
        """Move a bar on."""
        task = self._tasks.get(stage)
        if task is None:
            return
        self._progress.advance(task, steps)
        speed = next(one.speed for one in self._progress.tasks if one.id == task)
        self._errors[stage] += errors
        count = self._errors[stage]
        self._progress.update(
            task,
            speed_text=f"{speed:,.0f}/s" if speed else "",
            error_text=f"{count:,} errors" if count else "",
        )

    def note(self, text: str) -> None:
        """Print a line, with -v."""
        if self._verbose:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class JsonLines:
    """An observer that writes one JSON object per line, about once a second for each stage.

    Members: ``stage``, ``done``, ``total`` (null: unknown), ``errors``, ``rate`` (steps a second),
    ``left_s`` (null: unknown); or ``note`` alone.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._stages: dict[str, _Stage] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for name, stage in self._stages.items():
            if stage.written != stage.done:
                self._write(name, stage)

    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage."""
        self._stages[stage] = begun = _Stage(total, self._clock())
        self._write(stage, begun)

    def advance(self, stage: str, steps: int, errors: int = 0) -> None:
        """Count steps of a stage."""
        counted = self._stages.get(stage)
        if counted is None:
            return
        counted.done += steps
        counted.errors += errors
        if counted.done == counted.total or self._clock() - counted.last >= PERIOD_S:
            self._write(stage, counted)

    def note(self, text: str) -> None:
        """Write a note."""
        self._line({"note": text})

    def _write(self, name: str, stage: _Stage) -> None:
        now = self._clock()
        seconds = now - stage.began
        rate = stage.done / seconds if seconds > 0 else 0.0
        left = None
        if stage.total is not None and rate > 0:
            left = round((stage.total - stage.done) / rate, 1)
        stage.last, stage.written = now, stage.done
        self._line({
            "stage": name, "done": stage.done, "total": stage.total, "errors": stage.errors,
            "rate": round(rate, 1), "left_s": left,
        })  # fmt: skip

    def _line(self, members: dict[str, object]) -> None:
        self._stream.write(json.dumps(members, ensure_ascii=False) + "\n")
        self._stream.flush()


class _Stage:
    """How far one stage is."""

    __slots__ = ("began", "done", "errors", "last", "total", "written")

    def __init__(self, total: int | None, now: float) -> None:
        self.total = total
        self.began = self.last = now
        self.done = self.errors = 0
        self.written = -1


def observer(*, as_json: bool, quiet: bool, verbose: int) -> Bars | JsonLines:
    """Return the observer that the flags ask for."""
    return JsonLines() if as_json else Bars(quiet=quiet, verbose=verbose)
