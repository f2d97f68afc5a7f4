"""The study `compression`: what pruning and architecture search do to four networks."""
