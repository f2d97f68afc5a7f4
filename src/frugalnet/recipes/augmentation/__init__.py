"""Random changes of training images, one file for each.

An augmentation is a function `(fit, **settings)` that returns a change `(x, y, seeds)` of a batch: `x` are images, float32,
samples x height x width x channels, from 0 to 255; `y` are labels, or probabilities of classes if it called
`fit.use_probabilities()`. All its randomness comes from `seeds`, which `keras.random` and Keras' layers take as their `seed`.
"""
