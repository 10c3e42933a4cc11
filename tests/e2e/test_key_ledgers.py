"""`assay verify` over rows of ledgers whose rows list a key, against simulators."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from nacl.signing import SigningKey

from chains.algorand import addresses as algorand
from chains.near.addresses import account_id
from chains.near.control import key_text
from chains.starknet.ownership import short
from crawler import settings as settings_module
from tests.e2e.test_ledgers import of, verified
from tests.fakes.account_history import scene
from tests.fakes.algorand_ledger import AlgorandFake
from tests.fakes.near_ledger import NearFake
from tests.fakes.starknet_ledger import StarknetFake
from tests.unit.crawler.lists_of_ours import MESSAGE
from tests.vectors.rare_rows import stark_accounts, stark_key, stark_signature
from tests.vectors.signing import okx

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.account_history import Scene

DECIMALS = {"NEAR": 24, "ALGO": 6, "STARKNET-ETH": 18}
SECRETS = {number: SigningKey(bytes([number]) * 32) for number in range(1, 7)}


def public(number: int) -> bytes:
    return bytes(SECRETS[number].verify_key)


def cells(coin: str, told: Scene, held: bytes, address: str, *, signature: str, key: str) -> str:
    amount = f"{Decimal(told.truth()[held]).scaleb(-DECIMALS[coin]):f}"
    return f"{coin},{coin},{told.height},{address},{amount},{MESSAGE},{signature},,{key},,"


def signed(number: int) -> str:
    return SECRETS[number].sign(okx(MESSAGE)).signature.hex()


@pytest.mark.parametrize(
    ("permission", "outcome"),
    [
        ("FullAccess", (0, "proven", "control-access-key")),
        (None, (1, "failed", "control-no-such-key")),
    ],
)
async def test_near_matches_and_access_keys_settle_who_controls(
    tmp_path: Path, permission: str | None, outcome: tuple[int, str, str]
) -> None:
    # The first account is a key, the second has a name.
    told = scene(lambda number: b"@named-%d.near" % number if number > 1 else b"#" + public(1))
    named = account_id(told.moving)
    rows = [
        cells(
            "NEAR",
            told,
            told.still,
            account_id(told.still),
            signature=signed(1),
            key=public(1).hex(),
        ),
        cells("NEAR", told, told.moving, named, signature=signed(2), key=public(2).hex()),
    ]
    async with NearFake(told.history) as server:
        if permission:
            server.keys[named, key_text(public(2))] = permission
        code, lines = await verified(tmp_path, server, "near", rows)
    assert of(lines, "finding", "assurance", "ownership", "ownership_reason") == [
        ("match", "node", "proven", "address-signed"),
        ("match", "node", *outcome[1:]),
    ]
    assert code == outcome[0]


async def test_algo_is_replayed_and_matches(tmp_path: Path) -> None:
    told = scene(public)
    rows = [
        cells("ALGO", told, public(number), algorand.encode(public(number)),
              signature=signed(number), key=public(number).hex())
        for number in (1, 2)
    ]  # fmt: skip
    async with AlgorandFake(told.history, None) as server:
        options = settings_module.load(environment={}).networks["algorand"].options
        server.lies.genesis = str(options["identity"])
        code, lines = await verified(tmp_path, server, "algorand", rows)
    assert of(lines, "finding", "assurance", "ownership") == [("match", "replayed", "proven")] * 2
    assert code == 0


async def test_ether_on_starknet_and_the_owner_of_an_unknown_account(tmp_path: Path) -> None:
    own = stark_accounts(1)[0]
    told = scene(lambda number: (own if number == 1 else 0xABC0 + number).to_bytes(32, "big"))
    other = int.from_bytes(told.moving, "big")
    key = f"{stark_key(1):#x}"
    rows = [
        cells("STARKNET-ETH", told, held, f"{address:#066x}",
              signature=stark_signature(1, address, short(MESSAGE)), key=key)
        for held, address in ((told.still, own), (told.moving, other))
    ]  # fmt: skip
    async with StarknetFake(told.history) as server:
        server.lies.owners[f"{other:#x}"] = {"get_public_key": [key]}
        code, lines = await verified(tmp_path, server, "starknet", rows)
    assert of(lines, "finding", "ownership", "ownership_reason") == [
        ("match", "proven", "address-signed"),
        ("match", "proven", "control-owner"),
    ]
    assert code == 0
