"""The served layers for Keras 2, as the package tf_keras."""

import tensorflow as tf
import tf_keras

from .definitions import define_layers


class _Operations:
    """TensorFlow's operations under the names of `keras.ops`."""

    abs = staticmethod(tf.abs)
    argmin = staticmethod(tf.argmin)
    cast = staticmethod(tf.cast)
    cholesky = staticmethod(tf.linalg.cholesky)
    convert_to_tensor = staticmethod(tf.convert_to_tensor)
    einsum = staticmethod(tf.einsum)
    exp = staticmethod(tf.exp)
    expand_dims = staticmethod(tf.expand_dims)
    eye = staticmethod(tf.eye)
    matmul = staticmethod(tf.matmul)
    max = staticmethod(tf.reduce_max)
    maximum = staticmethod(tf.maximum)
    mean = staticmethod(tf.reduce_mean)
    min = staticmethod(tf.reduce_min)
    name_scope = staticmethod(tf.name_scope)
    one_hot = staticmethod(tf.one_hot)
    ones_like = staticmethod(tf.ones_like)
    relu = staticmethod(tf.nn.relu)
    repeat = staticmethod(tf.repeat)
    reshape = staticmethod(tf.reshape)
    shape = staticmethod(tf.shape)
    sigmoid = staticmethod(tf.sigmoid)
    sqrt = staticmethod(tf.sqrt)
    sum = staticmethod(tf.reduce_sum)
    symmetric_eigenvalues = staticmethod(tf.linalg.eigvalsh)
    transpose = staticmethod(tf.transpose)
    where = staticmethod(tf.where)

    @staticmethod
    def arange(stop, dtype=None):
        return tf.range(stop, dtype=dtype)

    @staticmethod
    def lower_inverse(factor, width):
        return tf.linalg.triangular_solve(factor, tf.eye(width), lower=True)

    @staticmethod
    def svd_values(matrix):
        return tf.linalg.svd(matrix, compute_uv=False)

    @staticmethod
    def take(values, indices, axis):
        return tf.gather(values, indices, axis=axis)


globals().update(vars(define_layers(tf_keras, _Operations())))
