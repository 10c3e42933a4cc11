"""A verifier of Plonky2 proofs over Goldilocks and Poseidon. All pure."""
