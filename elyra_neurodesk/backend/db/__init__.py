"""The embedded backend's state in SQLite."""
