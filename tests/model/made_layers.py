"""Steps of made graphs: each takes a random generator and a tensor of rank 2 (features), 3 (sequence) or 4 (image)."""

import autokeras.keras_layers as ak_layers

from frugalnet.backend import keras

layers = keras.layers
ops = keras.ops

ACTIVATIONS = (
    *("relu", "relu", "relu", "relu6", "sigmoid", "tanh", "gelu", "swish", "elu", "softmax", "hard_sigmoid"),
    *("softplus", "leaky_relu", "hard_swish", None, None, None),
)


@keras.saving.register_keras_serializable(package="made")
class Mixed(layers.Layer):
    """A layer that no tool can know: it turns the channels around and mixes in their mean."""

    def build(self, shape):
        self.share = self.add_weight(shape=(shape[-1],), name="share", initializer="ones")

    def call(self, x):
        return ops.flip(x, axis=-1) * self.share + ops.mean(x, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable(package="made")
class ShiftedDense(layers.Dense):
    """Looks like Dense by its class, and is not: one is added to what it gives."""

    def call(self, inputs, training=None):
        return super().call(inputs) + 1.0


@keras.saving.register_keras_serializable(package="made")
class Subclassed(keras.Model):
    """A model without a graph, used as a layer."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.dense = layers.Dense(width, activation="relu")

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {"width": self.width}


def chance(rng, share):
    return rng.random() < share


def pick(rng, *options):
    return options[rng.integers(len(options))]


def width(rng):
    return int(rng.integers(3, 9))


def room(x, size):
    """Tell whether a window of this size fits into the tensor; a free size is large enough."""
    return all(side is None or side >= size for side in x.shape[1:-1])


def padding(rng, x, size):
    return pick(rng, "valid", "same") if room(x, size) else "same"


def dense(rng, x, units=None):
    return layers.Dense(units or width(rng), activation=pick(rng, *ACTIVATIONS), use_bias=chance(rng, 0.7))(x)


def conv(rng, x, filters=None, same=False):
    """Return a convolution of a sequence or an image: strides, dilation, groups, 'causal' and no bias now and then."""
    filters = filters or width(rng)
    size, strides, dilation, groups = pick(rng, 1, 2, 3, 3), 1, 1, 1
    pad = "same" if same else padding(rng, x, 5)
    if not same and chance(rng, 0.3):
        strides = 2
    elif chance(rng, 0.2) and room(x, 6):
        dilation = 2
    if chance(rng, 0.12) and x.shape[-1] % 2 == 0 and filters % 2 == 0 and dilation == 1:
        groups = 2
    if x.ndim == 3 and chance(rng, 0.3):
        pad = "causal"
    kind = layers.Conv1D if x.ndim == 3 else layers.Conv2D
    options = {"activation": pick(rng, *ACTIVATIONS), "use_bias": chance(rng, 0.7)}
    return kind(filters, size, strides, pad, dilation_rate=dilation, groups=groups, **options)(x)


def conv_oblong(rng, x):
    return layers.Conv2D(width(rng), pick(rng, (1, 3), (3, 1)), padding=padding(rng, x, 3), activation="relu")(x)


def depthwise(rng, x):
    pad, strides = padding(rng, x, 3), pick(rng, 1, 1, 2)
    options = {"activation": pick(rng, *ACTIVATIONS), "use_bias": chance(rng, 0.6)}
    return layers.DepthwiseConv2D(pick(rng, 1, 3), strides, pad, depth_multiplier=pick(rng, 1, 1, 2), **options)(x)


def separable(rng, x):
    options = {"activation": pick(rng, *ACTIVATIONS), "use_bias": chance(rng, 0.6)}
    pad, multiplier = padding(rng, x, 3), pick(rng, 1, 1, 2)
    return layers.SeparableConv2D(width(rng), 3, 1, pad, depth_multiplier=multiplier, **options)(x)


def weighted(rng, x, units=None):
    """Return a dense layer or a convolution that keeps the positions."""
    if x.ndim == 2 or chance(rng, 0.15):
        return dense(rng, x, units)
    return conv(rng, x, units, same=True)


def batch_norm(rng, x):
    axis = 1 if x.ndim > 2 and x.shape[1] and chance(rng, 0.06) else -1
    return layers.BatchNormalization(axis=axis, center=chance(rng, 0.8), scale=chance(rng, 0.8))(x)


def weighted_norm(rng, x):
    """Return weights without a bias, batch normalization and an activation: the usual block."""
    filters = width(rng)
    y = layers.Dense(filters, use_bias=False)(x) if x.ndim == 2 else conv(rng, x, filters)
    return activation(rng, batch_norm(rng, y))


def activation(rng, x):
    inner = list(range(1, x.ndim - 1))
    prelu = [layers.PReLU(shared_axes=inner or None)]
    if None not in x.shape[1:]:
        prelu.append(layers.PReLU())
    return pick(
        rng,
        *[layers.Activation(name) for name in ("relu", "sigmoid", "tanh", "gelu", "swish", "hard_sigmoid", "softplus")],
        *[layers.ReLU(), layers.ReLU(6.0), layers.ReLU(negative_slope=0.1, threshold=0.2), layers.ELU()],
        *[layers.LeakyReLU(0.2), layers.Softmax(), layers.Activation("relu6"), *prelu, *prelu],
    )(x)


def pool(rng, x):
    size, strides, kind = pick(rng, 2, 3), pick(rng, None, 1, 2), pick(rng, "MaxPooling", "AveragePooling")
    return getattr(layers, f"{kind}{x.ndim - 2}D")(size, strides, padding(rng, x, size))(x)


def dropout(rng, x):
    spatial = {2: layers.Dropout, 3: layers.SpatialDropout1D, 4: layers.SpatialDropout2D}[x.ndim]
    return pick(rng, layers.Dropout, layers.GaussianNoise, spatial)(0.3)(x)


def resized(rng, x):
    if not room(x, 4):
        return layers.UpSampling2D(2, interpolation=pick(rng, "nearest", "bilinear"))(x)
    up = layers.UpSampling2D(2, interpolation=pick(rng, "nearest", "bilinear"))
    small = x.shape[1] is not None and x.shape[1] <= 8
    crop = [layers.Cropping2D(1), layers.Cropping2D(((1, 0), (0, 1)))]
    pads = [layers.ZeroPadding2D(1), layers.ZeroPadding2D(((0, 1), (1, 0)))]
    return pick(rng, *crop, *pads, *pads, *([up, up] if small else []))(x)


def rescaled(rng, x):
    channels = x.shape[-1]
    scales, offsets = rng.uniform(0.5, 1.5, (2, channels)).round(3).tolist()
    mean, variance = rng.uniform(0.2, 0.9, (2, channels)).round(3).tolist()
    return pick(
        rng,
        layers.Rescaling(0.5),
        layers.Rescaling(0.5, offset=0.25),
        layers.Rescaling(scales, offset=offsets),
        layers.Normalization(axis=-1, mean=mean, variance=variance),
        layers.Normalization(axis=None, mean=0.3, variance=0.7),
    )(x)


def merge_layer(rng, *kinds):
    return pick(rng, *(kinds or ("Add", "Add", "Add", "Multiply", "Subtract", "Average", "Maximum")))


def merged(kind, tensors):
    return getattr(layers, kind)()(tensors)


def residual(rng, x):
    """Return a residual block, with or without a projection."""
    shortcut, filters = x, x.shape[-1]
    if chance(rng, 0.4):
        filters = width(rng)
        shortcut = weighted(rng, x, filters)
    y = weighted(rng, x, width(rng))
    if chance(rng, 0.5):
        y = activation(rng, batch_norm(rng, y))
    y = merged(merge_layer(rng), [weighted(rng, y, filters), shortcut])
    return activation(rng, y) if chance(rng, 0.5) else y


def squeeze_excite(rng, x):
    """Return the channels times a gate of each: by Reshape, with kept dimensions, or by the rank that Multiply adds."""
    form = pick(rng, "reshape", "keepdims", "ranks") if x.ndim == 4 else "features"
    channels, gating = x.shape[-1], pick(rng, "sigmoid", "hard_sigmoid", "relu")
    if form == "features":
        gate = layers.Dense(3, activation="relu")(x if x.ndim == 2 else layers.GlobalAveragePooling1D(keepdims=True)(x))
        return layers.Multiply()([x, layers.Dense(channels, activation=gating)(gate)])
    gate = layers.GlobalAveragePooling2D(keepdims=form == "keepdims")(x)
    if form == "reshape" and chance(rng, 0.5):
        gate = layers.Reshape((1, 1, channels))(gate)
    if gate.ndim == 4 and chance(rng, 0.5):
        gate = layers.Conv2D(channels, 1, activation=gating)(layers.Conv2D(3, 1, activation="relu")(gate))
    else:
        gate = layers.Dense(channels, activation=gating)(layers.Dense(3, activation="relu")(gate))
    if form == "reshape" and gate.ndim == 2:
        gate = layers.Reshape((1, 1, -1))(gate)
    return layers.Multiply()([x, gate] if chance(rng, 0.7) else [gate, x])


def spatial_gate(rng, x):
    """Return all channels times one map that they share."""
    gate = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    return layers.Multiply()([x, gate])


def concatenated(rng, x):
    if x.ndim > 2 and chance(rng, 0.3) and None not in x.shape[1:-1]:
        filters = width(rng)
        tensors = [weighted(rng, x, filters), weighted(rng, x, filters)]
        return layers.Concatenate(axis=pick(rng, *range(1, x.ndim - 1)))(tensors)
    tensors = [weighted(rng, x), weighted(rng, x), x] if chance(rng, 0.4) else [weighted(rng, x), weighted(rng, x)]
    return layers.Concatenate(axis=-1 if chance(rng, 0.8) else x.ndim - 1)(tensors)


def shared(rng, x):
    """Return one layer called on two tensors, merged."""
    other = weighted(rng, x, x.shape[-1])
    kind = layers.Dense(width(rng), activation="relu")
    if x.ndim == 4:
        kind = pick(rng, kind, layers.Conv2D(width(rng), 3, padding="same", activation="tanh"))
    return merged(merge_layer(rng, "Add", "Concatenate", "Multiply"), [kind(x), kind(other)])


def operated(rng, x):
    """Return what operators on tensors give."""
    y = weighted(rng, x, x.shape[-1])
    return pick(
        rng,
        lambda: x + y,
        lambda: y * 2.0,
        lambda: 1.0 - y,
        lambda: y[..., : max(1, y.shape[-1] // 2)],
        lambda: y * ops.mean(y, axis=-1, keepdims=True),
        lambda: ops.concatenate([y, x], axis=-1),
        lambda: ops.relu(y),
    )()


def unknown(rng, x):
    """Return a layer that compaction need not know, after one whose units may be dead."""
    y = weighted(rng, x) if chance(rng, 0.8) else x
    kinds = [
        *[layers.LayerNormalization(), Mixed(), ShiftedDense(width(rng), activation="relu"), Subclassed(width(rng))],
        layers.Lambda(lambda x: x[..., ::-1] + 0.5),
    ]
    if x.ndim == 3 and x.shape[1]:
        kinds = kinds[-2:] + [layers.Permute((2, 1)), layers.TimeDistributed(layers.Dense(width(rng)))] * 2
        kinds += [layers.SimpleRNN(width(rng), return_sequences=True), layers.Softmax(axis=1)] * 2
        kinds += [layers.BatchNormalization(axis=1)]
    if x.ndim == 4:
        kinds += [layers.Conv2DTranspose(width(rng), 2), layers.UnitNormalization()]
    return pick(rng, *kinds)(y)


def expanded(rng, x):
    """Return a sequence as an image of one channel: its channels are then positions."""
    y = ak_layers.ExpandLastDim()(weighted(rng, x))
    return layers.Conv2D(width(rng), 2, padding=padding(rng, y, 2), activation="relu")(y)


def cast(rng, x):
    return ak_layers.CastToFloat32()(weighted(rng, x))
