"""Evidence bundles: everything that a run has seen, so that anybody can replay it offline."""
