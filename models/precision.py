"""Precision: bfloat16 where the processor is fast at it. Imports torch when asked.

Without AVX-512 no kernel of oneDNN's takes products of bfloat16 matrices, and they take many times as long as in
float32 (torch 2.13). What a processor does, this prints, with ``bfloat16`` and with ``float32``::

    python -m timeit -s "import torch; a = torch.ones(256, 256, dtype=torch.bfloat16)" "a @ a"
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@cache
def fast_bfloat16() -> bool:
    """Whether this processor computes products of bfloat16 matrices no slower than of float32 ones."""
    import torch

    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def autocast(*, enabled: bool = True) -> "torch.autocast":
    """A context in which the CPU's matrix products and convolutions are in bfloat16, unless that is slow here.

    Args:
        enabled: Whether that is wanted at all.
    """
    import torch

    return torch.autocast("cpu", torch.bfloat16, enabled=enabled and fast_bfloat16())
