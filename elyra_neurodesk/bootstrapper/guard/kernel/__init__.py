"""The guard's part in the user's own processes: standard library only, Python 3.8, nothing else of ours.

A kernel's Python may be another one than the bootstrapper's. Imports here are relative, for in a kernel this
package is called ``_neurodesk_guard``.
"""
