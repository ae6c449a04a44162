"""Tasks as processes of this machine: a runner in the server, and a supervisor process for each attempt."""
