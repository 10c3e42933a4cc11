from __future__ import annotations

from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import asking, told_at
from tests.fakes.octez_node import OctezFake, account, trial
from tests.fakes.readings import collect, observed, pinned, unresolved


async def test_not_found_is_no_zero_where_the_context_is_gone() -> None:
    """Some nodes say 404 of both: of an account that is not there, and of a state."""
    one = trial(scene(account))
    assert isinstance(one.server, OctezFake)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        one.server.is_gone = False
        one.server.oldest = one.scene.history.tip
        found = await collect(panel, one.form, point, one.scene.accounts)
    for value in found.values():
        assert unresolved(value).reason is Reason.NO_STATE


async def test_a_context_that_goes_while_it_is_read_is_no_zero() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, OctezFake)
    server = one.server

    def prune(path: str) -> None:
        if path.endswith("/balance"):
            server.is_gone = False
            server.oldest = one.scene.history.tip

    async with server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server.on_call = prune
        found = await collect(panel, one.form, point, one.scene.accounts)
    for value in found.values():
        assert unresolved(value).reason is Reason.NO_STATE


async def test_an_account_that_is_not_there_may_be_told_as_0() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, OctezFake)
    one.server.zero_for_nobody = True
    async with one.server:
        found = await told_at(one, one.scene.height)
    assert observed(found[one.scene.unknown]).amount == 0
