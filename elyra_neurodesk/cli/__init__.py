"""The command line ``elyra-neurodesk``."""
