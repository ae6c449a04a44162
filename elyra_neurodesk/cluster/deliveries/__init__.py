"""How the changes of `cluster.pod_changes` reach the pods of tasks, one file for each way."""
