"""What a user can get wrong, or the machine can refuse.

::

    CrawlerError          one sentence for the user, and a hint; the command exits with 2
    ├── ListError             the wallet list cannot be used at all
    ├── ConfigurationError    settings, registries or flags; carries every problem found
    └── OutputError           the report cannot be written

Problems of single rows are values (`Malformed`, findings, verdicts), never exceptions.
"""

from __future__ import annotations


class CrawlerError(Exception):
    """Root of the errors that end a command with exit code 2."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.place = ""
        """A path on this machine, where one helps: for a terminal, never for a page."""


class ListError(CrawlerError):
    """The wallet list is missing, unreadable, empty, or of no known format."""


class ConfigurationError(CrawlerError):
    """Configuration that cannot be used; `problems` has one line each, all of them."""

    def __init__(self, problems: list[str], *, hint: str = "") -> None:
        self.problems = problems
        super().__init__("; ".join(problems), hint=hint)


class OutputError(CrawlerError):
    """The report cannot be written where it was asked for."""
