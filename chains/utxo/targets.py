"""Accounts as they stand in coin records: an account's own output script, nothing else. Pure.

Coins that pay to the same key in another way (a bare public key beside its hash) belong to another
account and are not counted: only the script that the row's address stands for is.
"""

from __future__ import annotations

from chains.utxo.compression import compress_script

_WITNESS_SIZES = {0x14: 22, 0x20: 34}
_OP_1, _OP_16 = 0x51, 0x60


def output_script(account: bytes) -> bytes | None:
    r"""Return the output script of an account as `addresses.canonical` writes it.

    None for a form without a script template here.

    >>> output_script(b"\x00\x51\x02\x4e\x73").hex()
    '51024e73'
    """
    if account[:1] != b"\x00":
        return account
    if len(account) > 1 and _WITNESS_SIZES.get(account[1]) == len(account):
        return account
    marked = account[1:]
    is_witness = len(marked) > 1 and _OP_1 <= marked[0] <= _OP_16 and marked[1] == len(marked) - 2
    return marked if is_witness else None


def target_of(account: bytes) -> bytes | None:
    """Return what a coin record of the account holds as its script; None as `output_script`."""
    script = output_script(account)
    return None if script is None else compress_script(script)
