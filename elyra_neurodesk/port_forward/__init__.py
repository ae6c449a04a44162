"""Ports of this machine that lead to services of a Kubernetes cluster, and a process that keeps them open."""
