"""Checks of what users typed, made before anything is uploaded.

`pipelines.check_pipeline` looks at Elyra's pipeline before a graph is made of it, `shield.shield` carries
what can be carried another way, and `fields.check_graph` refuses what would not arrive as it was typed.
"""
