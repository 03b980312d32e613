import pytest
import torch

from orchestration.benches import memory
from orchestration.benches.envelope import ProcessFailed, names
from orchestration.benches.memory.case import Case

CASE = Case((64, 64), (240, 240), frames=32, budget=100, sound=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Exported graphs of small networks that were not trained."""
    from models.autoencoder import TemporalAutoencoder
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graph
    from models.recipes import AutoencoderConfig
    from models.upsampler import Upsampler, save_upsampler
    from models.upsampler.config import UpsamplerConfig

    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("memory")
    (root / "autoencoder").mkdir()
    TemporalAutoencoder(AutoencoderConfig(base_width=4)).save(root / "autoencoder")
    save_upsampler(Upsampler(UpsamplerConfig((8, 16, 16), depth=1)), root / "upsampler")
    modules = graph_modules({name: root / name for name in ("autoencoder", "upsampler")})
    for name in ("autoencoder_decode", "upsampler"):
        export_graph(name, modules[name], root)
    return root


def test_the_bench_is_found_by_its_name():
    assert "memory" in names()


def test_a_film_takes_what_is_predicted_and_no_more_than_its_budget(folder):
    found = memory.measured(folder, CASE)
    assert found["peak"] <= CASE.budget << 20
    assert found["peak"] == pytest.approx(found["predicted"], rel=0.2)


def test_a_budget_too_small_is_refused(folder):
    with pytest.raises(ProcessFailed, match=r"RequestRefused: a film of 240x240 takes \d+ MiB in the smallest tiles"):
        memory.measured(folder, Case((64, 64), (240, 240), frames=32, budget=20, upsampler=False))


def test_the_worst_of_all_cases_is_told():
    mib = 1 << 20
    cases = {"a": Case((8, 8), (8, 8), 1, 100), "b": Case((8, 8), (8, 8), 1, 200)}
    seconds = {"trial_seconds": 1.0, "film_seconds": 2.0}
    found = {
        "a": {"predicted": 90 * mib, "peak": 99 * mib, **seconds},
        "b": {"predicted": 180 * mib, "peak": 150 * mib, **seconds},
    }
    figures = memory.summed(cases, found)
    assert figures["memory_error_worst"] == pytest.approx(0.2)
    assert figures["over_budget_worst"] == pytest.approx(0.99)
    assert (figures["budget_mib_b"], figures["predicted_mib_b"], figures["peak_mib_b"]) == (200, 180, 150)
    assert figures["film_seconds_a"] == 2.0
