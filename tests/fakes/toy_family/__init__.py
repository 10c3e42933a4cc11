"""A family as another distribution would bring it: see docs/adding-a-chain.md."""
