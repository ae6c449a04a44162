"""Plain HTML about runs: what Elyra's "Run Details" link opens."""
