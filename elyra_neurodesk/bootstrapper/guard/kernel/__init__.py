"""The guard's part in the user's processes: standard library only, Python 3.8, no import from outside it.

A kernel's Python may be another one than the bootstrapper's. Imports here are relative, for in a kernel this
package is called ``_neurodesk_guard``.
"""
