"""The component catalog ``neurodesk-tools``: steps of Neurodesk's tools as nodes of Elyra's palette.

model.py says what a step is, tools/ has the steps as data, render.py makes KFP components of them, and
connector.py hands those to Elyra. scripts/ has what runs in the container.
"""
