"""What a Kubernetes cluster needs to run Neurodesk's tasks, what is there, and what its pods say."""
