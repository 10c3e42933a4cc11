"""Verify a Plonky2 proof against the verifier data of its circuit. Pure.

1. The verifier data are sound in themselves: sizes fit one another, the digest is that of the cap.
2. The transcript is replayed; the proof of work holds.
3. The constraints hold at zeta.
4. Every query of the low-degree test holds.

The caller decides whether the circuit is the right one; a proof is never better than its circuit.
Source: liabilities spec, section 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.plonky2.challenger import Challenger
from crawler.liabilities.plonky2.fri import FriChallenges, verify_queries
from crawler.liabilities.plonky2.goldilocks import Ext
from crawler.liabilities.plonky2.poseidon import Digest, hash_no_pad
from crawler.liabilities.plonky2.proof import Proof, ProofRefusedError
from crawler.liabilities.plonky2.vanishing import verify_vanishing
from crawler.liabilities.plonky2.verifier_data import CommonData, VerifierData

FIELD_BITS = 64


@dataclass(frozen=True, slots=True)
class Challenges:
    """Everything that the transcript draws."""

    betas: tuple[int, ...]
    gammas: tuple[int, ...]
    alphas: tuple[int, ...]
    zeta: Ext
    pow_response: int
    fri: FriChallenges


def draw_challenges(
    proof: Proof, digest: Digest, inputs_hash: Digest, common: CommonData
) -> Challenges:
    """Return the challenges of a proof, drawn from all that precedes each of them."""
    challenger, count = Challenger(), common.config.challenges
    challenger.observe(digest)
    challenger.observe(inputs_hash)
    challenger.observe_cap(proof.wires_cap)
    betas, gammas = challenger.challenges(count), challenger.challenges(count)
    challenger.observe_cap(proof.products_cap)
    alphas = challenger.challenges(count)
    challenger.observe_cap(proof.quotient_cap)
    zeta = challenger.ext_challenge()
    challenger.observe_ext(proof.openings.at_zeta())
    challenger.observe_ext(proof.openings.zs_next)
    fri_alpha = challenger.ext_challenge()
    fri_betas = []
    for cap in proof.layer_caps:
        challenger.observe_cap(cap)
        fri_betas.append(challenger.ext_challenge())
    challenger.observe_ext(proof.final)
    challenger.observe((proof.pow_witness,))
    response = challenger.challenge()
    domain = 1 << common.lde_bits
    indices = tuple(drawn % domain for drawn in challenger.challenges(common.fri.queries))
    return Challenges(
        betas=tuple(betas),
        gammas=tuple(gammas),
        alphas=tuple(alphas),
        zeta=zeta,
        pow_response=response,
        fri=FriChallenges(zeta, fri_alpha, tuple(fri_betas), indices),
    )


def verify(data: VerifierData, proof: Proof) -> None:
    """Check the proof. Raises ProofRefusedError, saying which step does not hold."""
    common = data.common
    if data.digest != data.expected_digest():
        raise ProofRefusedError("the circuit's digest is not bound to its cap")
    inputs_hash = hash_no_pad(proof.public_inputs)
    drawn = draw_challenges(proof, data.digest, inputs_hash, common)
    if drawn.pow_response >> (FIELD_BITS - common.fri.pow_bits):
        raise ProofRefusedError(f"the proof of work has less than {common.fri.pow_bits} bits")
    challenges = (drawn.betas, drawn.gammas, drawn.alphas)
    verify_vanishing(common, proof.openings, inputs_hash, drawn.zeta, challenges)
    verify_queries(proof, data.cap, common, drawn.fri)
