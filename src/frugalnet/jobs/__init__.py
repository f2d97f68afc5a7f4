"""What surrounds measured work: processes, logs, locks, and ends."""
