"""The study `sweep`: a grid of configurations, how fast and how well they learn, and what each point of accuracy costs."""
