"""Neurodesk's modules: which there are, what a name resolves to, what a module file does.

``versions``, ``lua``, ``modulefile``, ``containers`` and ``tree`` go into task containers with the
bootstrapper: Python 3.10 and the standard library. The rest stays where pipelines are written: ``index``
answers, ``sources`` makes it from the mounted repository (``fingerprint``, ``cache``) or from the list of
tools (``applist``).
"""
