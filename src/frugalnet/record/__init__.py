"""What stands on disk: records and what is in them, the probe, the machine."""
