"""What is owed: one module per published system of proofs, all pure."""
