"""Entry point of the `assay` command."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        from crawler.cli import run  # noqa: PLC0415 (so that importing this module costs nothing)

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before the command line has begun
        code = 130
    # All is said and done: a late Ctrl-C ends the process at once, and shows no insides.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


if __name__ == "__main__":
    main()
