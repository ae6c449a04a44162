"""Everything but the processor that imports Elyra."""
