"""The served layers for Keras 3, on any of its backends."""

import contextlib

import keras
from keras import ops as _operations

from .definitions import define_layers

__all__ = [
    "FeaturesDownsamplingLayer", "FeaturesUpsamplingLayer", "Gather", "HourglassLayer",
    "KPConvLayer", "KPConvXLayer", "KernelLengthRegularizer", "NearestCentroid",
    "NeighborMaxPooling", "Orthonorm", "StridedKPConvLayer",
]  # fmt: skip


class _Operations:
    """`keras.ops` with a few names for what only its linear algebra has."""

    def __getattr__(self, name):
        return getattr(_operations, name)

    def cholesky(self, matrix):
        return _operations.linalg.cholesky(matrix)

    def lower_inverse(self, factor, width):
        return _operations.linalg.solve_triangular(factor, _operations.eye(width), lower=True)

    def name_scope(self, name):
        """Keras 3 names the weights of inner layers by itself."""
        return contextlib.nullcontext()

    def svd_values(self, matrix):
        return _operations.linalg.svd(matrix, compute_uv=False)

    def symmetric_eigenvalues(self, matrix):
        return _operations.linalg.eigh(matrix)[0]


globals().update(vars(define_layers(keras, _Operations())))
