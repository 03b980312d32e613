"""bfloat16 is taken where the processor is fast at it, and nowhere else."""

import pytest
import torch

from models import precision
from models.training import muon
from models.training.muon import orthogonalised


@pytest.fixture(params=["AVX2", "AVX512", "DEFAULT"])
def capability(request, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: request.param)
    precision.fast_bfloat16.cache_clear()
    yield request.param
    precision.fast_bfloat16.cache_clear()


def test_products_are_in_bfloat16_only_where_that_is_fast_and_wanted(capability):
    matrix = torch.ones(2, 2)
    with precision.autocast():
        assert (matrix @ matrix).dtype == (torch.bfloat16 if capability == "AVX512" else torch.float32)
    with precision.autocast(enabled=False):
        assert (matrix @ matrix).dtype == torch.float32


def test_orthogonalising_is_in_bfloat16_only_where_that_is_fast(capability, monkeypatch):
    seen, addmm = set(), torch.addmm
    monkeypatch.setattr(
        muon.torch, "addmm", lambda *given, **more: (seen.add(given[0].dtype), addmm(*given, **more))[1]
    )
    assert orthogonalised(torch.eye(4)).dtype == torch.float32
    assert seen == {torch.bfloat16 if capability == "AVX512" else torch.float32}
