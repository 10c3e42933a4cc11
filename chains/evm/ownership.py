"""Who signed for an EVM account. Pure.

The rule is `chains.secp256k1`, with: the account is the tail of Keccak-256 of the key's x || y.
Under the digest ``okx-keccak`` a listed key must be that of the signature, as on the other ledgers
that sign it; rows under Ethereum's own digests list none.
Rows of contract wallets name owners and are `key-only` at best (`chains.owners`): the account
of a contract has no key, so only the chain can say who moves its funds.

Parameters of the network that are read here and in `chains.evm.addresses`, all optional:

* ``bech32_hrp``: prefix of a classic bech32 form (``"lat"``, ``"ex"``);
* ``f410``: true for Filecoin. An ``f0<id>`` address is `unsupported`: only the chain knows which
  key an actor id stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.evm.addresses import canonical, is_actor_id
from chains.messages import OKX_KECCAK
from chains.signatures import evm_account
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, OwnershipVerdict, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)

    def read_filecoin(text: str) -> bytes | OwnershipVerdict:
        account = read(text)
        if isinstance(account, bytes) and is_actor_id(account):
            return verdict(Reason.ADDRESS_FORM)
        return account

    return secp256k1.verifier(
        rule,
        read=read_filecoin if rule.parameters.get("f410") else read,
        derive=evm_account,
        with_key=OKX_KECCAK in rule.digests,
    )
