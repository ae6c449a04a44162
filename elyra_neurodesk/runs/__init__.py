"""Runs on any Kubeflow Pipelines API: their states, logs and outputs."""
