"""The embedded backend: Kubeflow Pipelines' REST API, a scheduler and an object store on this machine."""
