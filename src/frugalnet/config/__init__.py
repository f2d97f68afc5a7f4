"""The configuration: a key `a.b` is defined in `a.py`."""
