"""How a configuration names a network and the weights that it starts from, and what stands of them in rows and tables."""
