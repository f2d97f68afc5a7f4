"""How a network is trained: scaling, optimizer, the training itself, and the callbacks that watch it."""
