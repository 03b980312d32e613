import numpy as np
import pytest

from serving.sampling.guidance import Guided


class LinearGraph:
    """Velocity = a fixed function of state, time and conditions; remembers the batch of each call."""

    def __init__(self):
        self.batches = []

    def __call__(self, *, latent, time, text, source=None):
        self.batches.append(len(latent))
        velocity = text * latent + time[:, None]
        return velocity if source is None else velocity + source**2


def condition(value, batch=2, **others):
    return {"text": np.full((batch, 1), value, np.float32), **others}


def test_classifier_free_guidance_follows_its_formula_in_one_call():
    graph = LinearGraph()
    x = np.array([[1.0], [2.0]], np.float32)
    guided = Guided.classifier_free(graph, condition(3.0), condition(0.5), 7.5)(x, 0.25)
    null, full = 0.5 * x + 0.25, 3.0 * x + 0.25
    np.testing.assert_allclose(guided, null + 7.5 * (full - null), rtol=1e-6)
    assert graph.batches == [4]


def test_a_scale_of_one_does_not_evaluate_the_null_condition():
    graph = LinearGraph()
    x = np.ones((2, 1), np.float32)
    np.testing.assert_allclose(Guided.classifier_free(graph, condition(3.0), condition(0.5), 1.0)(x, 0.0), 3.0)
    assert graph.batches == [2]


@pytest.mark.parametrize(("text", "video"), [(4.0, 1.5), (2.0, 2.0), (3.0, 1.0)])
def test_dual_guidance_follows_its_formula(text, video):
    source = {"source": np.full((2, 1), 2.0, np.float32)}
    nothing = {"source": np.zeros((2, 1), np.float32)}
    x = np.ones((2, 1), np.float32)
    guided = Guided.dual(
        LinearGraph(),
        full=condition(3.0, **source),
        source=condition(0.5, **source),
        null=condition(0.5, **nothing),
        text=text,
        video=video,
    )(x, 0.0)
    u_00, u_v0, u_vc = 0.5, 4.5, 7.0
    np.testing.assert_allclose(guided, u_00 + video * (u_v0 - u_00) + text * (u_vc - u_v0), rtol=1e-6)


def test_outside_its_interval_guidance_evaluates_the_full_condition_alone():
    graph = LinearGraph()
    x = np.ones((2, 1), np.float32)
    guided = Guided.classifier_free(graph, condition(3.0), condition(0.5), 2.0, (0.25, 0.75))
    for t, velocity, batch in ((0.0, 3.0, 2), (0.25, 5.75, 4), (0.75, 6.25, 4), (1.0, 4.0, 2)):
        np.testing.assert_allclose(guided(x, t), velocity)
        assert graph.batches.pop() == batch
    source, nothing = ({"source": np.full((2, 1), value, np.float32)} for value in (2.0, 0.0))
    edit = {"full": condition(3.0, **source), "source": condition(0.5, **source), "null": condition(0.5, **nothing)}
    dual = Guided.dual(graph, **edit, text=4.0, video=1.5, interval=(0.5, 1.0))
    np.testing.assert_allclose(dual(x, 0.0), 7.0)
    assert graph.batches == [2]
