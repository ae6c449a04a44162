"""What events mean for a task."""
