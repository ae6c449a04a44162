"""Source code as events."""
