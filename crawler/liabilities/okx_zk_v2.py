"""OKX zk V2 (Plonky2), since 2024-09: the global proof and the customers' proofs. Pure.

What must hold of the published side:

1. the verifier data are parsed to the last byte, and the digest is that of cap and degree;
2. the file's own digest field is the same;
3. the circuit's common data and the written configurations are those of the known-good circuit;
4. the Plonky2 proof holds for the public inputs;
5. equity is not less than debt; a published `global_info.json` says the same.

And of a customer: the sizes of the path are the tree's, sums are in range, the path leads to the
root among the public inputs. Source: liabilities spec, section 4.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from crawler.liabilities import okx_account_tree as tree
from crawler.liabilities import okx_circuits as circuits
from crawler.liabilities.documents import Node, document
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    PathStep,
    ProofFile,
    Request,
    failed,
    judged,
    not_possible,
    passed,
    root_check,
)
from crawler.liabilities.plonky2 import proof as plonky2_proof
from crawler.liabilities.plonky2 import verifier_data as plonky2_data
from crawler.liabilities.plonky2.poseidon import Digest
from crawler.liabilities.plonky2.proof import ProofRefusedError
from crawler.liabilities.plonky2.verify import verify as verify_plonky2
from crawler.models import Amount

NAME = "okx-zk-v2"
TOTAL = "all assets"
BATCH_TOTAL = "one batch"
LARGEST_FILE = 64 * 1024 * 1024
_WHOLE_BYTES = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)

SCOPE = (
    (
        "A pass means: there are accounts whose nets (equity less debt) are each in [0, 2^62) "
        "and add up to the public totals under the root, as far as the proof is made with the "
        "published circuit."
    ),
    (
        "No liabilities per coin are proven: there is one total in a USD-like unit, and a leaf "
        "commits to the id and the two sums, not to the amounts of single tokens. Compare those"
        " by eye."
    ),
    (
        "The circuit was not rebuilt: the grade is consistent, never proven. Compare the "
        "SHA-256 of the verifier data with that of other rounds and other verifiers."
    ),
    "Only equity less debt has a meaning, not each of them.",
    (
        "An inclusion proof alone proves nothing about the total: the root must come from a "
        "verified global proof or from the public page."
    ),
    (
        "Two customers can be shown the same leaf when ids are not unique: check that the id is"
        " yours."
    ),
    (
        "Not bound by the proof: the round's number, and without a customer's file the batch "
        "size, the branching and the number of tokens."
    ),
)


@dataclass(slots=True)
class _Findings:
    """What is known so far."""

    checks: list[Check] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    root: Digest | None = None
    """From a global proof that holds."""
    net: int | None = None
    total_of: str = TOTAL
    path: tuple[PathStep, ...] = ()
    climbed: str = ""

    def add(self, check: Check) -> bool:
        """Take in a check and return whether it holds."""
        self.checks.append(check)
        return check.outcome is Outcome.PASSED


@dataclass(frozen=True, slots=True)
class _Round:
    """The global proof's file, apart from the proof."""

    number: int
    shape: tree.Shape
    digest: Digest
    data: plonky2_data.VerifierData | None
    """None when the file has no circuits and none are built in."""
    sha256: str
    configs: tuple[Node, ...]
    """The batch circuit's and those of the recursive levels."""
    proof: Node


def _round(top: Node) -> _Round:
    """Return the parts of a global proof's file. Raises LiabilitiesError."""
    top.only("general", "root_vd_digest", "circuits_info", "proof")
    general = top.member("general")
    general.only("round_num", "recursion_branchout_num", "batch_size", "token_num")
    number = general.member("round_num").integer(0, 2**63 - 1)
    branching = general.member("recursion_branchout_num").integer(2, 1024)
    batch_node = general.member("batch_size")
    batch_size = batch_node.integer(1, 2**20)
    if batch_size & (batch_size - 1):
        batch_node.refuse("a power of two was expected")
    tokens = general.member("token_num").integer(1, tree.MOST_TOKENS)
    info = top.maybe("circuits_info")
    data: plonky2_data.VerifierData | None = None
    configs: tuple[Node, ...] = ()
    sha256, levels = "", 0
    if info is not None:
        info.only("batch_circuit_config", "recursive_circuit_configs", "root_verifier_data_hex")
        recursive = info.member("recursive_circuit_configs").items(most=tree.MOST_LEVELS)
        configs, levels = (info.member("batch_circuit_config"), *recursive), len(recursive)
        raw = _verifier_bytes(info.member("root_verifier_data_hex"))
        data, sha256 = _verifier_data(raw, info), hashlib.sha256(raw).hexdigest()
    elif number == circuits.FIRST_ROUND:
        data, sha256 = circuits.first_round(), circuits.FIRST_ROUND_SHA256
        levels = circuits.FIRST_ROUND_LEVELS
    return _Round(
        number=number,
        shape=tree.Shape(batch_size, branching, levels, tokens),
        digest=plonky2_proof.digest(top.member("root_vd_digest")),
        data=data,
        sha256=sha256,
        configs=configs,
        proof=top.member("proof"),
    )


def _verifier_bytes(node: Node) -> bytes:
    text = node.text(longest=100_000)
    if _WHOLE_BYTES.fullmatch(text) is None:
        node.refuse("an even number of lowercase hex digits was expected")
    return bytes.fromhex(text)


def _verifier_data(raw: bytes, info: Node) -> plonky2_data.VerifierData:
    try:
        return plonky2_data.parse(raw)
    except plonky2_data.VerifierDataError as error:
        raise LiabilitiesError(f"{info.where}: the root verifier data: {error}") from error


def _check_circuit(found: _Findings, this: _Round, data: plonky2_data.VerifierData) -> bool:
    """Check everything about the circuit but its commitment; return whether all of it holds."""
    found.facts.append(("verifier data SHA-256", this.sha256))
    found.facts.append(("rows of the root circuit", f"2^{data.common.degree_bits}"))
    bound = found.add(
        judged(
            "circuit digest",
            holds=data.digest == data.expected_digest(),
            detail="the digest is that of the cap and the degree",
            wrong="the digest in the verifier data is not bound to the cap",
        )
    )
    named = found.add(
        judged(
            "digest field",
            holds=this.digest == data.digest,
            detail="root_vd_digest is the circuit's digest",
            wrong="root_vd_digest is not the digest in the verifier data",
        )
    )
    faults = circuits.differences(data.common, this.shape.levels)
    for place, node in enumerate(this.configs):
        hides = 0 < place == this.shape.levels
        if circuits.read_config(node) != circuits.config(zero_knowledge=hides):
            faults.append(f"configuration {place} is not that of the published circuits")
    known = found.add(
        judged(
            "circuit template",
            holds=not faults,
            detail=f"{len(data.common.gates)} kinds of gates, layout and parameters as known",
            wrong="; ".join(faults[:5]),
        )
    )
    found.add(
        not_possible(
            "circuit rebuilt",
            "the circuit's commitment was not recomputed from its source; "
            "compare the verifier data's SHA-256",
        )
    )
    return bound and named and known


def _check_global(found: _Findings, this: _Round) -> None:
    if this.data is None:
        detail = f"the file has no circuits, and none are built in for round {this.number}"
        found.add(not_possible("circuit digest", detail, needed=True))
        return
    known = _check_circuit(found, this, this.data)
    if this.data.digest != this.data.expected_digest():
        found.add(not_possible("proof", "not tried: the circuit is not bound to its digest"))
        return
    if not circuits.is_verifiable(this.data.common):
        found.add(not_possible("proof", "not tried: the circuit is built as no known one is"))
        return
    proof = plonky2_proof.parse(this.proof, this.data.common)
    try:
        verify_plonky2(this.data, proof)
    except ProofRefusedError as error:
        found.add(failed("proof", str(error)))
        return
    found.add(passed("proof", "constraints, proof of work and all queries hold"))
    if len(proof.public_inputs) != circuits.PUBLIC_INPUTS:
        detail = f"{len(proof.public_inputs)} public inputs instead of {circuits.PUBLIC_INPUTS}"
        found.add(failed("public inputs", detail))
        return
    equity, debt, *root = proof.public_inputs
    holds = equity >= debt
    found.add(
        judged(
            "public inputs",
            holds=holds,
            detail=f"equity {equity}, debt {debt}, net {equity - debt}",
            wrong=f"equity {equity} is less than debt {debt}",
        )
    )
    if known and holds:
        found.root, found.net = tuple(root), equity - debt
    if this.shape.levels == 0:
        found.total_of = BATCH_TOTAL
        detail = "a proof without recursive levels is that of one batch: not the round's total"
        found.add(not_possible("whole round", detail))
    found.facts += [("total equity", str(equity)), ("total debt", str(debt))]
    found.facts.append(("root", tree.hex_of(tuple(root))))


def _check_info(found: _Findings, top: Node) -> None:
    """Compare a published global_info.json with the proof's public inputs."""
    top.only("root_hash", "equity_sum", "debt_sum", "balance_sum")
    root = top.member("root_hash").hex(64)
    equity, debt, net = (_number(top.member(f"{name}_sum")) for name in _SUMS)
    if found.root is None or found.net is None:
        found.add(not_possible("global info", "there is no verified proof to compare it with"))
        return
    facts = dict(found.facts)
    same = (root, str(equity), str(debt), net) == (
        tree.hex_of(found.root),
        facts["total equity"],
        facts["total debt"],
        found.net,
    )
    wrong = "root or sums differ from the proof's public inputs"
    found.add(judged("global info", holds=same, detail="as the proof says", wrong=wrong))


_SUMS = ("equity", "debt", "balance")


def _number(node: Node) -> int:
    if isinstance(node.value, str):
        return node.integer_text(0, 2**64 - 1)
    return node.integer(0, 2**64 - 1)


def _check_account(
    found: _Findings, proof: tree.AccountProof, shape: tree.Shape | None, request: Request
) -> None:
    equity, debt = sum(proof.equity), sum(proof.debt)
    found.facts += [
        ("account id", proof.account_id),
        ("account equity", str(equity)),
        ("account debt", str(debt)),
        ("account net", str(equity - debt)),
    ]
    if shape is None:
        found.add(not_possible("path shape", "the tree's sizes are in the global proof"))
    else:
        faults = tree.shape_faults(proof, shape)
        detail = f"place {proof.index} of {shape.accounts}"
        found.add(judged("path shape", holds=not faults, detail=detail, wrong="; ".join(faults)))
    found.add(
        judged(
            "account sums",
            holds=0 <= debt <= equity <= tree.MOST_TOTAL,
            detail=f"equity {equity}, debt {debt}: compare the tokens' amounts by eye",
            wrong=f"equity {equity} and debt {debt} do not leave a net in [0, 2^62)",
        )
    )
    root, found.path = tree.climb(proof)
    found.climbed = tree.hex_of(root)
    if found.root is not None:
        wrong = f"the path leads to {found.climbed}, not to the root of the global proof"
        detail = "the path leads to the root of the verified global proof"
        found.add(judged("inclusion", holds=root == found.root, detail=detail, wrong=wrong))
    elif request.root:
        detail = f"the path leads to {found.climbed}"
        found.add(not_possible("inclusion", f"{detail}; no verified global proof has a root"))
    else:
        detail = f"the path leads to {found.climbed}; no verified global proof, no root given"
        found.add(not_possible("inclusion", detail, needed=True))


@dataclass(frozen=True, slots=True)
class OkxZkV2:
    """The system ``okx-zk-v2``. Files: sum_proof_data.json, global_info.json, customers' files."""

    name: str = NAME
    scope: tuple[str, ...] = SCOPE

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether a file is a global proof or a customer's proof of this system."""
        return any(
            b'"root_vd_digest"' in file.head or b'"sum_tree_siblings"' in file.head
            for file in files
        )

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the global proof, and customers' proofs that are given too."""
        tops = [document(file, LARGEST_FILE) for file in files]
        if not any("root_vd_digest" in top.members() for top in tops):
            raise LiabilitiesError("none of the files is a global proof (sum_proof_data.json)")
        return self._judge(tops, request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the customer of the last file is under the root of the global proof."""
        tops = [document(file, LARGEST_FILE) for file in files]
        if not tops or "account" not in tops[-1].members():
            raise LiabilitiesError("the last file is not a customer's inclusion proof")
        return self._judge(tops, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> NoReturn:
        """Refuse: the published side of this system has no ids."""
        del file, wanted, request
        raise LiabilitiesError(f"{NAME} publishes no list of ids; use include with your own file")

    def _judge(self, tops: Sequence[Node], request: Request) -> LiabilitiesResult:
        found, shape = _Findings(), None
        rounds = [top for top in tops if "root_vd_digest" in top.members()]
        if len(rounds) > 1:
            raise LiabilitiesError("more than one global proof was given")
        for top in rounds:
            this = _round(top)
            shape = this.shape if this.data is not None else None
            _check_global(found, this)
        for top in tops:
            if "root_hash" in top.members():
                _check_info(found, top)
            elif "account" in top.members():
                _check_account(found, tree.parse(top), shape, request)
            elif top not in rounds:
                top.refuse("neither a global proof, nor its summary, nor a customer's proof")
        root = found.climbed if found.root is None else tree.hex_of(found.root)
        if root:
            found.add(root_check(root, request))
        holds = not any(check.outcome is Outcome.FAILED for check in found.checks)
        shown = found.net is not None
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(found.checks),
            totals={found.total_of: Amount(found.net, 0)} if found.net is not None else {},
            grade=Grade.CONSISTENT if holds and shown else Grade.CLAIMED,
            scope=self.scope,
            root=root,
            path=found.path,
            facts=tuple(found.facts),
            unit="USD-like" if shown else "",
        )


SYSTEM = OkxZkV2()
