"""Entry point of the `assay` command."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def main() -> None:
    """Run the command line and end the process with its exit code.

    What asks the process to end (systemd, `timeout`, a terminal that closes) ends it as Ctrl-C
    does, with the code that shells know: 143 for SIGTERM, 129 for SIGHUP.
    """
    asked: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL)  # whoever asks again does not want to wait
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's job in the background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # else somebody, like nohup, wants otherwise
            signal.signal(number, end)
    try:
        from crawler.cli import run  # noqa: PLC0415 (so that importing this module costs nothing)

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before the command line has begun
        code = INTERRUPTED
    # All is said and done: what asks late ends the process at once, and shows no insides.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    sys.exit(128 + asked[0] if asked and code == INTERRUPTED else code)


if __name__ == "__main__":
    main()
