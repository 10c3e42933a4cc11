from __future__ import annotations

import pytest

from chains.errors import Incapable, MalformedAnswer, ProviderError, Throttled, UnresolvedReason
from chains.filecoin.answers import NoActorError, balance, cids, classify, tipset
from chains.transport.json_rpc import RpcError


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (1, "resolve address f1x: actor not found", NoActorError),
        (1, "bad tipset height: lookbacks of more than 16h40m0s are disallowed", Incapable),
        (1, "failed to load state root: ipld: could not find bafy", Incapable),
        (-32601, "method not found", Incapable),
        (-32005, "too many requests", Throttled),
        (1, "something else", ProviderError),
    ],
)
def test_what_refusals_mean(code: int, said: str, kind: type[ProviderError]) -> None:
    assert type(classify(RpcError(code, said))) is kind


def test_an_unknown_method_is_no_lost_state() -> None:
    assert classify(RpcError(-32601, "no such method")).reason is UnresolvedReason.NO_METHOD


def test_balances_are_texts_beyond_every_integer_type() -> None:
    assert balance({"Balance": str(2 * 10**27)}) == 2 * 10**27
    assert balance(None) is None
    for wrong in (7, "-1", "1e18", None):
        with pytest.raises(MalformedAnswer):
            balance({"Balance": wrong})


@pytest.mark.parametrize("value", [None, [], [{}], [{"/": ""}], [{"/": 7}], ["bafy"]])
def test_a_key_is_a_list_of_cids(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        cids(value)


def test_a_tipset_and_its_blocks_fit_together() -> None:
    block = {"Height": 5, "Timestamp": 9, "Parents": [{"/": "a"}]}
    whole = {"Cids": [{"/": "b"}, {"/": "c"}], "Blocks": [block, block], "Height": 5}
    assert tipset(whole).name == "b,c"
    for wrong in ({"Blocks": [block]}, {"Height": 6}, {"Cids": [{"/": "b"}]}):
        with pytest.raises(MalformedAnswer):
            tipset(whole | wrong)
