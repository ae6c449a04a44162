"""A pod that runs as a task would, and says what it finds: `script` runs in it, `pod` makes it."""
