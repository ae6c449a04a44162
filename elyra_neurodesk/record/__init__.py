"""Records of tasks and runs: what ran, with what, and with which result."""
