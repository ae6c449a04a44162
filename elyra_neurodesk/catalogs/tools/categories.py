"""The groups of the palette, named as Neurodesk names its categories of tools."""

FILES = "Neurodesk files"
STRUCTURAL = "Structural imaging"
REGISTRATION = "Image registration"
DIFFUSION = "Diffusion imaging"
FUNCTIONAL = "Functional imaging"
CONVERSION = "Data conversion"
WORKFLOWS = "BIDS workflows"
COMMAND = "Neurodesk command"

CATEGORIES = (FILES, CONVERSION, STRUCTURAL, REGISTRATION, DIFFUSION, FUNCTIONAL, WORKFLOWS, COMMAND)
