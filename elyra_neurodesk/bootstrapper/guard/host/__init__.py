"""The guard's part in the bootstrapper's process: prepares the kernel's part, and judges what it wrote."""
