"""Progress on stderr: bars in a terminal, silence elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class Bars:
    """An observer that draws one bar per stage when stderr is a terminal."""

    def __init__(self, *, quiet: bool = False, verbose: int = 0) -> None:
        self._console = Console(stderr=True)
        self._verbose = verbose
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.speed_text}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

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
        """Add a bar."""
        self._tasks[stage] = self._progress.add_task(stage, total=total, speed_text="")

    def advance(self, stage: str, steps: int) -> None:
        """Move a bar on."""
        task = self._tasks.get(stage)
        if task is None:
            return
        self._progress.advance(task, steps)
        speed = self._progress.tasks[task].speed
        self._progress.update(task, speed_text=f"{speed:,.0f}/s" if speed else "")

    def note(self, text: str) -> None:
        """Print a line, with -v."""
        if self._verbose:
            self._console.print(text, highlight=False, markup=False)
