"""Records of tasks and runs: what ran, with what, and what came of it."""
