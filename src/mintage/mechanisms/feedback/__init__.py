"""Programmable value flows: feedback and data that are scored, paid by quality, and sold; models that stake their income for priority."""

from __future__ import annotations

from .annotation import AnnotationCrowd, AnnotationRewards
from .datasets import DatasetMarket, DatasetSubmitters
from .priority import ModelPriority

__all__ = ["AnnotationCrowd", "AnnotationRewards", "DatasetMarket", "DatasetSubmitters", "ModelPriority"]
