"""The component catalog ``neurodesk-tools``: programs of Neurodesk's tools as nodes of Elyra's palette.

components/*.yaml has the KFP components, scripts/ what runs in their containers, and loader.py completes the
components for a catalog: its tools run from CVMFS, or each in its own image.
"""
