"""Pipeline files as Elyra's editor saves them, read without Elyra."""
