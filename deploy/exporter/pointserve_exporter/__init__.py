"""Turns trained Keras and PyTorch networks into model directories that pointserve serves."""

from .errors import ExportError
from .keras_model import export_keras
from .torch_model import export_torch

__all__ = ["ExportError", "export_keras", "export_torch"]
