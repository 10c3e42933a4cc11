"""Walks through docs/adding-a-chain.md with a toy family: every step of it has a test here."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipWord, Reach
from chains.errors import AddressError, RegistryError
from chains.methods import best, methods
from chains.registry import FAMILIES, family_module
from crawler import resources
from crawler import settings as settings_module
from crawler.cli import run as assay
from crawler.network_list import states
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.toy_family import ownership
from tests.fakes.toy_family.addresses import canonical, encode
from tests.fakes.toy_ledger import NETWORK, ToyFake, account, key, trial
from tests.unit.crawler.lists_of_ours import MESSAGE, published
from tests.vectors.signing import okx

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "adding-a-chain.md"
CONTRACTS = CHECKOUT / "pyproject.toml"

RULE = OwnershipRule(
    network="toyland", family="toy", digests=("okx-raw",), messages=(MESSAGE,), parameters={}
)
TABLE = """
[toyland]
title = "Toyland"
family = "toy"
native_asset = "TOY"
native_decimals = 6
options = { identity = "toyland-1" }
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 7: another distribution, which names its family in its metadata."""
    about = tmp_path / "installed" / "toy_chain-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-chain\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[assay.families]\ntoy = tests.fakes.toy_family\n")
    monkeypatch.syspath_prepend(str(about.parent))


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps 6 and 8: its table, and what the lists call its coin."""
    folder = tmp_path / "config"
    shutil.copytree(str(resources.config_dir()), folder)
    with (folder / "networks.toml").open("a") as table:
        table.write(TABLE)
    names = folder / "entities" / "okx.toml"
    text = names.read_text()
    text = text.replace("[digests]\n", '[digests]\ntoy = ["okx-raw"]\n', 1)
    text = text.replace("[coins]\n", '[coins]\nTOY = { form = "TOY@toyland" }\n', 1)
    names.write_text(text)
    monkeypatch.setattr("crawler.resources.config_dir", lambda: folder)


# --- the steps


def test_addresses_one_account_one_value() -> None:
    assert canonical(encode(account(1)), {}) == account(1)
    for text in ("", encode(account(1)).upper(), encode(account(1))[:-1], "0x00"):
        with pytest.raises(AddressError):
            canonical(text, {})


def test_ownership_what_a_row_must_show() -> None:
    judge = ownership.verifier(RULE)
    assert judge(_row(1, signer=1)).word is OwnershipWord.PROVEN
    assert judge(_row(1, signer=2)).word is OwnershipWord.FAILED
    assert judge(_row(1, signer=None)).word is OwnershipWord.UNSIGNED


async def test_a_simulator() -> None:
    told = scene(account)
    async with ToyFake(told.history) as server:
        assert server.answer("/head", {}, b"") == {"chain": "toyland-1", "height": told.history.tip}
        before, _, after = told.heights
        assert told.history.balance(told.moving, before) != told.history.balance(told.moving, after)


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_balances_at_a_height(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


@pytest.mark.usefixtures("installed")
def test_what_the_method_is_worth() -> None:
    assert best(methods("toy")).reach is Reach.EXACT


@pytest.mark.usefixtures("installed", "configured")
def test_a_table_for_its_networks() -> None:
    network = settings_module.load(environment={}).networks["toyland"]
    assert network.options["identity"] == NETWORK.options["identity"]
    assert network.native_decimals == NETWORK.native_decimals


def test_registration(request: pytest.FixtureRequest) -> None:
    with pytest.raises(RegistryError, match="no family named 'toy'"):
        family_module("toy", "balances")
    request.getfixturevalue("installed")
    assert family_module("toy", "balances").__name__ == "tests.fakes.toy_family.balances"


@pytest.mark.usefixtures("installed", "configured")
def test_the_names_of_the_lists() -> None:
    entity = settings_module.load(environment={}).entity("okx")
    mapping = entity.coin("toy")
    assert mapping is not None
    assert mapping.form is not None
    assert mapping.rule is not None
    assert (mapping.form.id, mapping.rule.digests) == ("TOY@toyland", ("okx-raw",))


@pytest.mark.usefixtures("installed", "configured")
@pytest.mark.parametrize(("more", "finding", "code"), [(0, "match", 0), (1, "shortfall", 1)])
async def test_the_whole_way(tmp_path: Path, more: int, finding: str, code: int) -> None:
    told = scene(account)
    path, out = tmp_path / "list.csv", tmp_path / "out"
    held = Decimal(told.truth()[told.moving] + more).scaleb(-6)
    row = _row(2, signer=2)
    cells = [
        "TOY", "TOY", str(told.height), row.address, f"{held:f}", MESSAGE, row.signature1, "",
        row.key, "", "",
    ]  # fmt: skip
    path.write_bytes(published([",".join(cells)]))
    async with ToyFake(told.history) as server:
        asked = ["verify", str(path), "--endpoint", f"toyland={server.url}", "--out", str(out)]
        assert await asyncio.to_thread(assay, asked) == code
    (line,) = [json.loads(one) for one in (out / "findings.jsonl").read_text().splitlines()]
    assert (line["finding"], line["ownership"]) == (finding, "proven")
    (state,) = [
        state
        for state in states(settings_module.load(environment={}))
        if state.network.name == "toyland"
    ]
    assert state.reach is Reach.EXACT


STEPS: tuple[Callable[..., Any], ...] = (
    test_addresses_one_account_one_value,
    test_ownership_what_a_row_must_show,
    test_a_simulator,
    test_balances_at_a_height,
    test_what_the_method_is_worth,
    test_a_table_for_its_networks,
    test_registration,
    test_the_names_of_the_lists,
    test_the_whole_way,
)


@pytest.mark.skipif(not PAGE.exists(), reason="the page is not beside an installed package")
def test_every_step_of_the_page_is_walked_through() -> None:
    found = re.findall(r"^## (\d+)\. (.+)$", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in found] == list(range(1, len(STEPS) + 1))
    for (_, title), step in zip(found, STEPS, strict=True):
        words = "_".join(re.findall(r"[a-z]+", title.lower()))
        assert step.__name__ == f"test_{words}"


@pytest.mark.parametrize("package", sorted(set(FAMILIES.values())))
def test_every_family_of_the_table_is_in_the_import_contracts(package: str) -> None:
    contracts = tomllib.loads(CONTRACTS.read_text())["tool"]["importlinter"]["contracts"]
    independent, pure = (
        next(one for one in contracts if one["name"] == name)
        for name in ("families do not know one another", "the pure core does no I/O")
    )
    assert package in independent["modules"]
    listed = set(pure["source_modules"])
    assert package in listed or {f"{package}.addresses", f"{package}.ownership"} <= listed


def _row(number: int, *, signer: int | None) -> OwnershipMaterial:
    signed = "" if signer is None else "0x" + key(signer).sign(okx(MESSAGE)).signature.hex()
    return OwnershipMaterial(
        address=encode(account(number)),
        message=MESSAGE,
        signature1=signed,
        signature2="",
        key=account(number if signer is None else signer).hex(),
        owner1="",
        owner2="",
        staking="",
    )
