"""Omni Core: a node that also keeps the tokens of the Omni Layer, at its tip only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.explorers import DeltasFake

if TYPE_CHECKING:
    from tests.fakes.utxo_ledger import Ledger


class OmniFake(DeltasFake):
    kind = "omni"

    def __init__(self, ledger: Ledger, scripts: list[bytes]) -> None:
        super().__init__(ledger, scripts)
        self.held: dict[bytes, tuple[str, str, str]] = {}
        """Script -> available, reserved, frozen."""
        self.behind = 0
        """Blocks that the Omni state lags behind the tip."""
        self.is_divisible = True
        self.answers: dict[str, object] = {}
        """Method -> what it answers instead."""

    def _result(self, method: str, *params: Any) -> object:  # noqa: ANN401 (JSON)
        if method in self.answers:
            return self.answers[method]
        match method:
            case "omni_getinfo":
                return {"block": self.ledger.height - self.behind}
            case "omni_getproperty":
                return {"propertyid": params[0], "divisible": self.is_divisible}
            case "omni_getbalance":
                name, property_id = params
                assert property_id == 31
                nothing = ("0.00000000",) * 3
                parts = self.held.get(self._scripts[name], nothing)
                return dict(zip(("balance", "reserved", "frozen"), parts, strict=True))
            case _:
                return super()._result(method, *params)
