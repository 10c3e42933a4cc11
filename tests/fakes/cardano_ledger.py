"""A Kupo index and a Koios server over a small ledger of outputs.

Formats: Kupo's API reference, version 2 (`/checkpoints`, `/matches`, `/patterns`), and Koios' API,
version 1 (`/tip`, `/blocks`), under ``/koios``. Outputs are made from the changes of the history:
what an address gains is paid to it, and when it loses, all its outputs are spent and the rest is
paid back in two. Heights below 50,000,000 are numbers of blocks, 20,000 slots apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from chains.adapter import HoldingForm
from chains.cardano.addresses import canonical, encode
from chains.cardano.balances import reader
from chains.cardano.slots import is_slot
from chains.registry import Network
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.cardano.source import KupoSource
    from chains.panel import Panel
    from tests.fakes.account_history import History, Scene

BLOCK_SLOTS = 20_000
SETTLED = 129_600
MARK_SLOT = 1_000_000


def digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=32).hexdigest()


ADA = HoldingForm("ADA@cardano", "ADA", "cardano", None, 6, ())
NETWORK = Network(
    "cardano", "Cardano", "cardano", "ADA", 6, finality="5",
    options={"checkpoint_height": MARK_SLOT, "checkpoint_hash": digest("mark")},
)  # fmt: skip


def account(number: int) -> bytes:
    """Enterprise and base addresses take turns."""
    key = hashlib.blake2b(b"cardano %d" % number, digest_size=28).digest()
    return b"\x61" + key if number % 2 else b"\x01" + key + key


OTHERS = encode(account(1_000))


def slot_of(height: int) -> int:
    return height if is_slot(height) else height * BLOCK_SLOTS


def hash_of(height: int) -> str:
    return digest(f"block {height}")


@dataclass
class Lies:
    """What the servers get wrong, and what they do not have."""

    mark: str = digest("mark")
    begins: int = 0
    """Slot of its first block."""
    is_pruned: bool = False
    is_stale: bool = False
    """Answers with what is unspent now, whatever is asked."""
    followed: list[str] = field(default_factory=lambda: ["*"])
    empty: set[int] = field(default_factory=set)
    """Heights without a block."""
    forked: set[int] = field(default_factory=set)
    """Heights at which the index has another block than the others."""
    most: int = 1 << 60
    """Outputs of the longest answer about one address that arrives."""
    grows: bool = False
    """A block arrives with every question for the newest one."""
    foreign_row: dict[str, Any] | None = None
    """Is added to every answer."""
    twice: bool = False
    old_koios: bool = False


@dataclass
class _Made:
    owner: str
    coins: int
    reference: tuple[str, int]
    created: int
    spent: int | None = None


class CardanoFake(HttpFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self._held: dict[str, list[_Made]] = {}
        self._replayed = 0
        self._extra = 0

    # --- the ledger

    def outputs(self, pattern: str) -> list[_Made]:
        """Every output of the history so far that a pattern matches, oldest first."""
        while self._replayed < len(self.history.states):
            at, self._replayed = self._replayed, self._replayed + 1
            before = self.history.states[at - 1] if at else {}
            now = self.history.states[at]
            for owner in before.keys() | now.keys():
                gained = now.get(owner, 0) - before.get(owner, 0)
                if gained:
                    self._pay(encode(owner), self.history.first + at, gained)
        if pattern == "*":
            return [*self._traffic(), *(one for made in self._held.values() for one in made)]
        return self._held.get(pattern, [])

    def _traffic(self) -> list[_Made]:
        """What others make and spend in every block."""
        return [
            _Made(OTHERS, 1, (digest(f"traffic {height}"), 0), height - 1, height)
            for height in range(self.history.first + 1, self.history.tip + 1)
        ]

    def _pay(self, owner: str, height: int, gained: int) -> None:
        made = self._held.setdefault(owner, [])
        if gained < 0:
            for one in made:
                if one.spent is None:
                    one.spent = height
                    gained += one.coins
        transaction = digest(f"{owner} {height}")
        parts = (gained // 2, gained - gained // 2) if gained > 1 else (gained,)
        for index, coins in enumerate(parts if gained else ()):
            made.append(_Made(owner, coins, (transaction, index), height))

    def _points(self) -> list[tuple[int, str]]:
        known = [(0, digest("origin")), (MARK_SLOT, self.lies.mark)]
        for height in range(self.history.first, self.history.tip + 1 + self._extra):
            if height not in self.lies.empty:
                name = digest(f"fork {height}") if height in self.lies.forked else hash_of(height)
                known.append((slot_of(height), name))
        return [one for one in known if one[0] >= self.lies.begins]

    # --- the answers

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["checkpoints", slot]:
                if int(slot) > slot_of(self.history.tip) and self.lies.grows:
                    self._extra += 1
                known = [one for one in self._points() if one[0] <= int(slot)]
                return _point(*known[-1]) if known else None
            case ["patterns"]:
                return self.lies.followed
            case ["patterns", address]:
                key = canonical(address, {})[1:29].hex()
                return [one for one in self.lies.followed if one == f"{key}/*"]
            case ["matches", pattern]:
                return self._matches(pattern, query)
            case ["koios", "tip"]:
                name = "block_no" if self.lies.old_koios else "block_height"
                return [{"hash": hash_of(self.history.tip), name: self.history.tip}]
            case ["koios", "blocks"]:
                return self._numbered(int(query["block_height"].removeprefix("eq.")))
            case _:
                raise LookupError(path)

    def _numbered(self, height: int) -> object:
        if height > self.history.tip:
            return []
        return [{"hash": hash_of(height), "abs_slot": slot_of(height), "block_height": height}]

    def _matches(self, pattern: str, query: dict[str, str]) -> object:
        found = self.outputs(pattern)
        newest = slot_of(self.history.tip)
        if self.lies.is_stale:
            return [self._row(one) for one in found if one.spent is None]
        if self.lies.is_pruned:
            found = [
                one for one in found
                if one.spent is None or slot_of(one.spent) > newest - SETTLED
            ]  # fmt: skip
        try:
            found = self._within(found, query)
        except LookupError:
            return web.json_response({"hint": "the point is not known"}, status=400)
        answer = [self._row(one) for one in found]
        if pattern != "*" and len(answer) > self.lies.most:
            return web.Response(status=413)
        if answer and self.lies.foreign_row is not None:
            answer += [answer[0] | self.lies.foreign_row]
        return answer + answer[:1] if self.lies.twice else answer

    def _within(self, found: Sequence[_Made], query: dict[str, str]) -> list[_Made]:
        """All bounds are inclusive; one on what was spent leaves out what is unspent."""
        least, most = int(query.get("spent_after", 0)), int(query.get("spent_before", 1 << 60))
        created = 1 << 60
        if "created_before" in query:
            slot, name = query["created_before"].split(".")
            created = int(slot)
            if (created, name) not in self._points():
                raise LookupError(name)
        kept = []
        for one in found:
            if slot_of(one.created) > created or ("unspent" in query and one.spent is not None):
                continue
            is_bound = "spent_after" in query or "spent_before" in query
            if is_bound and (one.spent is None or not least <= slot_of(one.spent) <= most):
                continue
            kept.append(one)
        return kept

    def _row(self, one: _Made) -> dict[str, Any]:
        spent = None if one.spent is None else _point(slot_of(one.spent), hash_of(one.spent))
        return {
            "transaction_index": 3,
            "transaction_id": one.reference[0],
            "output_index": one.reference[1],
            "address": one.owner,
            "value": {"coins": one.coins, "assets": {"0" * 56: 7}},
            "datum_hash": None,
            "script_hash": None,
            "created_at": _point(slot_of(one.created), hash_of(one.created)),
            "spent_at": spent,
        }


def _point(slot: int, name: str) -> dict[str, object]:
    return {"slot_no": slot, "header_hash": name}


def numbered(network: Network, endpoints: Sequence[str], **limits: Any) -> Panel[KupoSource]:  # noqa: ANN401 (handed on)
    """The family's reader, of each server both as Kupo and as Koios."""
    koios = [f"koios+{one}/koios" for one in endpoints]
    return reader(network, [*endpoints, *koios], **limits)


def server_of(one: Trial) -> CardanoFake:
    assert isinstance(one.server, CardanoFake)
    return one.server


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = CardanoFake(scene.history)
    lie = partial(setattr, server.lies)
    return Trial(
        scene,
        server,
        NETWORK,
        ADA,
        numbered,
        be_foreign=partial(lie, "mark", digest("another")),
        prune=partial(lie, "is_pruned", True),  # noqa: FBT003 (as setattr takes it)
        be_stale=partial(lie, "is_stale", True),  # noqa: FBT003 (as setattr takes it)
    )
