"""Worker processes that end when they should: with the work, on Ctrl-C, and with their parent.

Workers are forked from a server process that has imported `PRELOADED` and nothing else, so that
they are small, start at once, and inherit no threads or terminal of the main process.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any, ParamSpec, TypeVar

from crawler import verdict_board

P = ParamSpec("P")
T = TypeVar("T")

PRELOADED = (
    "crawler.worker_pool",
    "crawler.block_judge",
    "chains.evm.ownership",
    "chains.utxo.ownership",
)
"""Imported once, by the server: what nearly every list needs."""

COLLECT_AFTER = 100_000
"""Objects, made and not yet freed, after which a worker looks for cycles."""


class _Worker(ForkServerProcess):
    """Tells the processes of these pools from others."""


class _Context(ForkServerContext):
    Process = _Worker


class WorkerPool(ProcessPoolExecutor):
    """A process pool whose workers can be stopped at once."""

    def __init__(self, workers: int) -> None:
        prepare()
        context = _Context()
        shared = verdict_board.new_board(context)
        super().__init__(workers, mp_context=context, initializer=_begin, initargs=(shared,))

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call `fn`; it is started first if it has to be."""
        with _interrupts_held():  # a worker that is half started could not be stopped
            return super().submit(fn, *args, **kwargs)

    def abandon(self) -> None:
        """Stop the workers now, whatever they are doing. Those of other pools are stopped too."""
        results: Any = self._result_queue
        self.shutdown(wait=False, cancel_futures=True)
        stopped = [one for one in multiprocessing.active_children() if isinstance(one, _Worker)]
        for process in stopped:
            process.terminate()
        for process in stopped:
            # What they share goes with this process: a worker that is still starting would miss it.
            process.join(_END_S)
        if results is not None:
            # Who was stopped in the middle of a result leaves a thread of this process waiting for
            # the rest of it, and this process for that thread: here is the end of what it reads.
            results._writer.close()  # noqa: SLF001


_END_S = 5.0
"""Seconds that a worker is given to die of a signal that it does not catch."""


def prepare() -> None:
    """Start the server in the background, while the caller has other things to do.

    Ctrl-C, and the end of a terminal, go to all its processes; the server and its workers never
    see them.
    """
    forkserver.set_forkserver_preload(list(PRELOADED))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # inherited by both
    try:
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the tracker lets pass
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C take effect at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


def _begin(shared: verdict_board.Shared) -> None:
    """End with the parent, even when it is killed."""
    verdict_board.join(shared)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)  # rows make no cycles: looking for them is time lost
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
