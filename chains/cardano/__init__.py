"""Cardano: addresses of credentials (CIP-19), and outputs as an index of one's own keeps them."""
