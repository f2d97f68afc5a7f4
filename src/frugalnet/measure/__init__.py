"""What a model costs: its size, its inference, and the machine that says so."""
