"""HTML pages of runs, which Elyra's "Run Details" link opens."""
