"""Golden files: what the package makes of fixed inputs, compared with what it made of them before."""
