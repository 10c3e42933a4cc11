"""Account names of EOS, Vaulta and WAX. Pure. No parameters of the network are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

_NAME = re.compile(r"[a-z1-5.]{0,11}[a-z1-5]|[a-z1-5.]{12}[a-j1-5]")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the account name as bytes; raises AddressError.

    >>> canonical("okbwallet1tr", {})
    b'okbwallet1tr'
    """
    if not _NAME.fullmatch(text):
        raise AddressError("not an account name")
    return text.encode()
