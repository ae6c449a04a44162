"""The runtime images that come with the package, and how a maintainer refreshes them.

registry.py asks a registry, instances.py makes Elyra's metadata of its answers, __main__.py writes the files.
"""
