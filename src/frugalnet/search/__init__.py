"""Neural architecture search with AutoKeras: the space, the tuner that books its trials, and the search itself."""
