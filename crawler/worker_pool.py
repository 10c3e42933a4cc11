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
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess

from crawler import verdict_board

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

    def abandon(self) -> None:
        """Stop the workers now, whatever they are doing. Those of other pools are stopped too."""
        self.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if isinstance(process, _Worker):
                process.terminate()


def prepare() -> None:
    """Start the server in the background, while the caller has other things to do."""
    forkserver.set_forkserver_preload(list(PRELOADED))
    forkserver.ensure_running()


def _begin(shared: verdict_board.Shared) -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed."""
    verdict_board.join(shared)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)  # rows make no cycles: looking for them is time lost
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
