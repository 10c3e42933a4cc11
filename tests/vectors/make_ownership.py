"""Makes ownership.jsonl: rows signed with throw-away keys, and the verdict each deserves.

python -m tests.vectors.make_ownership > tests/vectors/ownership.jsonl
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.vectors.account_rows import evm, evm_owners, solana, tron_lines
from tests.vectors.listed_key_rows import listed, listed_forms
from tests.vectors.rare_rows import beth, decred, starknet
from tests.vectors.recovered_rows import eos, open_keys, recovered, recovered_forms
from tests.vectors.utxo_rows import utxo_networks, utxo_scripts, utxo_single

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.vectors.signing import Line


def lines() -> Iterator[Line]:
    """Yield every vector, always in the same order and with the same bytes."""
    for family in (
        evm, evm_owners, tron_lines, solana, utxo_single, utxo_networks, utxo_scripts,
        recovered, recovered_forms, open_keys, eos, listed, listed_forms, beth, starknet, decred,
    ):  # fmt: skip
        yield from family()


def render() -> str:
    """Return the whole file."""
    return "".join(json.dumps(found, sort_keys=True) + "\n" for found in lines())


if __name__ == "__main__":
    sys.stdout.write(render())
