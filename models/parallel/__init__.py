"""Parallelism of a backbone, applied from outside: the network stays a plain single-device module.

Names: B batch, N tokens, n local tokens, M heads, E head width, D width, W ranks of a group.
"""

from models.parallel.layout import Layout, LayoutDoesNotFit
from models.parallel.parallelize import Parallel, parallelize

__all__ = ["Layout", "LayoutDoesNotFit", "Parallel", "parallelize"]
