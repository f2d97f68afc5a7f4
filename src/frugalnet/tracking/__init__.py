"""Export finished runs to the trackers that people have open: MLflow, Weights & Biases, TensorBoard. Records are the only input."""
