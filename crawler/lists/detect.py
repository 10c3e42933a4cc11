"""Which published format a list has, told by its header. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import ListError
from crawler.lists.htx import Htx
from crawler.lists.okx import Okx
from crawler.lists.okx_auditor import OkxAuditor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.lists.interface import ListFormat

FORMATS: tuple[ListFormat, ...] = (Okx(), OkxAuditor(), Htx())
"""Asked in this order: a header with amounts is `okx`, one without may be `okx-auditor`."""

KNOWN_HEADERS = "known headers: " + "; ".join(
    f"{list_format.name}: {list_format.example_header}" for list_format in FORMATS
)


def find_format(head: Sequence[str]) -> ListFormat | None:
    """Return the format of which one of these lines is a header, or None."""
    return next((found for found in FORMATS if found.recognises(head)), None)


def detect(head: Sequence[str], *, name: str = "the list") -> ListFormat:
    """Return the format of a list by its first lines (without line ends).

    Raises ListError, naming the headers that are known, when no line is one of them.

    >>> detect(["digitalAsset,network,address,signedMessage,message"]).name
    'okx-auditor'
    """
    found = find_format(head)
    if found is None:
        raise ListError(f"no line of {name} is a header that is known", hint=KNOWN_HEADERS)
    return found
