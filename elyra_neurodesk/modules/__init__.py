"""Neurodesk's modules: which there are, what a name comes to, what a module file does.

``versions``, ``modulefile``, ``lua`` and ``tree`` go into task containers with the bootstrapper: Python 3.10
and the standard library. ``index`` and what it is made of (``applist``, ``cache``) stay where pipelines are
written.
"""
