"""Programs for those who work on elyra-neurodesk; not a part of the distribution."""
