"""Who controls a contract: real wallets on a real anvil, deployed by real transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Control, ControlQuery, ControlWord, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason
from chains.evm.control import ask
from chains.evm.settings import EvmSettings
from tests.fakes.evm_scene import QUICK, account, reader
from tests.nodes.anvil import Anvil, binary
from tests.nodes.deployed import cloned, deploy, owners_and_threshold, proxied, selector, send
from tests.nodes.test_evm_proofs import tampered
from tests.vectors.demo_keys import evm_digest, sign_evm

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.skipif(
    binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes"
)
DIGEST = evm_digest("I am an OKX address")


def owner(number: int) -> bytes:
    return sign_evm(number)[0]


def query(target: bytes, *signers: int, pod: bytes = b"", key: bytes = b"") -> ControlQuery:
    """What a row asks whose owners `signers` signed; a validator's with `key`."""
    made = sorted(sign_evm(number) for number in signers)
    credentials = b"\x01" + bytes(11) + target if key else None
    return ControlQuery(
        account=key or target,
        signers=frozenset(one for one, _ in made),
        digest=DIGEST,
        signatures=tuple(signature for _, signature in made),
        pod=pod,
        credentials=credentials,
    )


async def answers(node: Anvil, height: int, queries: Sequence[ControlQuery]) -> list[Control]:
    async with reader([node.url]) as asked:
        point = await asked.pin(height)
        assert isinstance(point, SnapshotPoint)
        return list(await asked.control(point, queries))


def told(controls: Sequence[Control]) -> list[tuple[str, str]]:
    return [(control.word.value, control.reason) for control in controls]


async def test_a_multisig_counts_distinct_owners_against_its_threshold() -> None:
    async with Anvil() as node:
        arguments = owners_and_threshold([owner(1), owner(2), owner(3)], 2)
        safe = await deploy(node, "Multisig", arguments)
        height = await node.height()
        # afterwards the owners change: the snapshot is what counts
        later = selector("setup(address[],uint256)") + owners_and_threshold([owner(9)], 1)
        moved = await send(node, safe, later)
        asked = [query(safe, 1, 2), query(safe, 1, 3), query(safe, 2), query(safe, 9)]
        found = await answers(node, height, asked)
        assert told(found) == [
            ("proven", "owners"),
            ("proven", "owners"),
            ("partial", "owners"),
            ("failed", "owners"),
        ]
        assert "1 of the contract's 3 owners signed; 2 are needed" in found[2].detail
        assert told(await answers(node, moved, asked)) == [
            ("failed", "owners"),
            ("failed", "owners"),
            ("failed", "owners"),
            ("proven", "owners"),
        ]


async def test_a_multisig_behind_proxies_of_both_kinds() -> None:
    async with Anvil() as node:
        code = await deploy(node, "Multisig", owners_and_threshold([account(1)], 1))
        setup = selector("setup(address[],uint256)") + owners_and_threshold([owner(1)], 1)
        clone = await cloned(node, code)
        await send(node, clone, setup)
        proxy = await proxied(node, await deploy(node, "SignedWallet", bytes(32)))
        silent = await proxied(node, await deploy(node, "Silent"))
        height = await node.height()
        found = await answers(
            node, height, [query(clone, 1), query(clone, 2), query(proxy, 1), query(silent, 1)]
        )
    assert told(found) == [
        ("proven", "owners"),
        ("failed", "owners"),
        ("unsettled", "eip1271-refused"),
        ("unsettled", "no-known-interface"),
    ]
    assert f"a proxy of 0x{code.hex()}" in found[0].detail


async def test_a_multisig_without_sound_numbers_settles_nothing() -> None:
    async with Anvil() as node:
        free = await deploy(node, "Multisig", owners_and_threshold([owner(1), owner(2)], 0))
        twice = await deploy(node, "Multisig", owners_and_threshold([owner(1), owner(1)], 2))
        many = await deploy(node, "Multisig", owners_and_threshold([owner(1)], 2))
        found = await answers(
            node, await node.height(), [query(free, 1), query(twice, 1), query(many, 1)]
        )
    assert told(found) == [("unsettled", "owners-unsound")] * 3


async def test_a_wallet_that_checks_signatures_itself() -> None:
    async with Anvil() as node:
        wallet = await deploy(node, "SignedWallet", owner(1).rjust(32, b"\0"))
        found = await answers(node, await node.height(), [query(wallet, 1), query(wallet, 2)])
    assert told(found) == [("proven", "eip1271"), ("unsettled", "eip1271-refused")]


async def test_an_account_without_code_is_nobodys_contract() -> None:
    async with Anvil() as node:
        found = await answers(node, await node.height(), [query(account(1), 1)])
    assert told(found) == [("unsettled", "no-code")]


async def test_a_contract_deployed_after_the_snapshot_is_not_there_yet() -> None:
    async with Anvil() as node:
        await node.rpc("evm_mine")
        height = await node.height()
        wallet = await deploy(node, "SignedWallet", owner(1).rjust(32, b"\0"))
        assert told(await answers(node, height, [query(wallet, 1)])) == [("unsettled", "no-code")]


KEY = bytes(range(48))


async def test_a_validator_goes_by_its_withdrawal_credentials() -> None:
    async with Anvil() as node:
        pod = await deploy(node, "Pod", owner(1).rjust(32, b"\0"))
        safe = await deploy(node, "Multisig", owners_and_threshold([owner(1), owner(2)], 2))
        gone = Unresolved(UnresolvedReason.NO_ENDPOINT, "none")
        own = query(owner(1), 1, key=KEY)
        found = await answers(
            node,
            await node.height(),
            [
                own,
                query(owner(2), 1, key=KEY),
                query(pod, 1, pod=pod, key=KEY),
                query(pod, 2, pod=pod, key=KEY),
                query(owner(1), 1, pod=pod, key=KEY),
                query(safe, 1, 2, key=KEY),
                query(safe, 1, key=KEY),
                own._replace(credentials=bytes(32)),
                own._replace(credentials=b"\x01" + b"\x01" * 11 + owner(1)),
                own._replace(credentials=gone),
                own._replace(credentials=None),
                own._replace(credentials=b"\x02" + bytes(11) + owner(1)),
            ],
        )
    assert told(found) == [
        ("proven", "credentials"),
        ("failed", "credentials"),
        ("proven", "pod-owner"),
        ("failed", "pod-owner"),
        ("failed", "credentials"),
        ("proven", "owners"),
        ("partial", "owners"),
        ("unsettled", "credentials"),
        ("unsettled", "credentials"),
        ("unsettled", "no-endpoint"),
        ("unsettled", "no-credentials"),
        ("proven", "credentials"),
    ]


async def test_a_node_that_is_gone_settles_nothing() -> None:
    async with Anvil() as node, reader([node.url]) as asked:
        point = await asked.pin(await node.height())
        assert isinstance(point, SnapshotPoint)
        await node._stop()
        (control,) = await asked.control(point, [query(account(1), 1)])
    assert control.word is ControlWord.UNSETTLED
    assert control.reason == "unreachable"


async def test_with_a_quorum_so_many_hosts_must_say_the_same() -> None:
    """The second host is the same node under another name; the third URL is the first's host."""
    owners = [owner(1), owner(2)]
    async with Anvil() as node:
        safe = await deploy(node, "Multisig", owners_and_threshold(owners, 2))
        await node.rpc("evm_mine")
        height = await node.height()
        twin = node.url.replace("127.0.0.1", "localhost")
        settings = EvmSettings(transport=QUICK, pin_grace_s=0.5, quorum=2)
        for urls, due in (
            ([node.url, twin], ("proven", "owners")),
            ([node.url, f"{node.url}/again"], ("unsettled", "quorum")),
        ):
            async with reader(urls, settings=settings) as asked:
                block = await asked.panel.nodes[0].block_at(height, [])
                (control,) = await ask(asked.panel, block, [query(safe, 1, 2)], quorum=2)
                assert told([control]) == [due]


async def test_endpoints_that_disagree_about_a_contract_settle_nothing() -> None:
    two, one = f"0x{2:064x}", f"0x{1:064x}"
    async with Anvil() as node:
        safe = await deploy(node, "Multisig", owners_and_threshold([owner(1), owner(2)], 2))
        async with (
            tampered(node.url, lambda _, result: one if result == two else result) as liar,
            reader([node.url, liar]) as asked,
        ):
            block = await asked.panel.nodes[0].block_at(await node.height(), [])
            (control,) = await ask(asked.panel, block, [query(safe, 1)], quorum=2)
    assert told([control]) == [("unsettled", "disagreement")]
