"""Paths that are the same in every task."""

CVMFS_ROOT = "/cvmfs/neurodesk.ardc.edu.au"
"""Where Neurodesk's CVMFS repository is mounted; module files of the first format say so too."""

CVMFS_AUTOMOUNT = "/cvmfs"
"""Where a claim with every repository is mounted."""

SCRATCH = "/neurodesktop-storage"
"""Where a task's scratch volume is mounted."""
