"""FrugalNet: what makes a neural network cheaper, and what finding that out costs, in measured joules."""

__version__ = "0.1.0"
