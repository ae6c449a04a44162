"""What runs in a task's container: fetch, run the notebook or script, report, upload.

Importable on Python 3.10 without elyra or kfp: the submit side packs it into a zipapp for images that lack
this package. ``V3`` names the version of the command line, of the specifications and of what a task leaves in
the object store; a container whose installed copy has none of that name fetches the zipapp instead. The
command line of version 2 is read as well; version 1 wrote no signs of life.
"""

V2 = V3 = True

ARGUMENTS = "ELYRA_NEURODESK_ARGUMENTS"
"""Environment variable with the path of a JSON file that has the bootstrapper's arguments."""
