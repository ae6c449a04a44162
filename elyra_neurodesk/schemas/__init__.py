"""Elyra schema providers."""
