"""From records to tables: raw folders -> interim (tidy) -> processed (what a paper quotes). Needs no TensorFlow."""
