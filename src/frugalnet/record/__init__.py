"""What a study keeps on disk: records and their parts, the probe, the machine."""
