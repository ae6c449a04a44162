"""Compiled KFP packages: read and checked when they arrive, and the values that their tasks start with."""
