"""Parts of the data as percentages of all samples, in place of the official ones."""
