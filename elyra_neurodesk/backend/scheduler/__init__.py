"""Which task runs when."""
