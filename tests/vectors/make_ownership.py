"""Makes ownership.jsonl: rows signed with throw-away keys, and the verdict each deserves.

python -m tests.vectors.make_ownership > tests/vectors/ownership.jsonl
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.vectors.account_rows import evm, evm_owners, solana, tron_lines
from tests.vectors.utxo_rows import utxo_networks, utxo_scripts, utxo_single

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.vectors.signing import Line


def lines() -> Iterator[Line]:
    """Yield every vector, always in the same order and with the same bytes."""
    for family in (evm, evm_owners, tron_lines, solana, utxo_single, utxo_networks, utxo_scripts):
        yield from family()


def render() -> str:
    """Return the whole file."""
    return "".join(json.dumps(found, sort_keys=True) + "\n" for found in lines())


if __name__ == "__main__":
    sys.stdout.write(render())
