"""The STARK of OKX's zk V1: field, trees, low-degree test, constraints, sum proofs. All pure."""
