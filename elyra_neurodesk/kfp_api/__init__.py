"""The API of Kubeflow Pipelines."""
