import numpy as np
import pytest

from assets.checkers import clips, detector, fitting, looks, train
from assets.world.combinations import held_out
from assets.world.draw import draw


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Names of the networks that were trained, in place of training them; "b" breaks the first time."""
    done = []

    def network(name):
        def run():
            if name == "b" and done == ["a"]:
                done.append("broken")
                raise KeyboardInterrupt
            done.append(name)

        return run

    monkeypatch.setattr(train, "NETWORKS", {name: network(name) for name in "abc"})
    monkeypatch.setattr(train, "_HALF_WAY", tmp_path)
    return done


def _run(monkeypatch, *names):
    monkeypatch.setattr("sys.argv", ["train", *names])
    train.main()


def test_a_run_that_was_killed_goes_on_with_the_network_it_was_at(trained, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        _run(monkeypatch)
    _run(monkeypatch)
    assert trained == ["a", "broken", "b", "c"]


def test_a_whole_run_after_a_whole_run_trains_all_again(trained, monkeypatch):
    trained.append("x")  # so that nothing breaks
    _run(monkeypatch)
    _run(monkeypatch)
    assert trained == ["x", *"abcabc"]


def test_one_network_is_trained_alone(trained, monkeypatch):
    _run(monkeypatch, "c")
    _run(monkeypatch, "c")
    assert trained == ["c", "c"]


def test_an_unknown_network_is_refused_before_any_training(trained, monkeypatch):
    with pytest.raises(SystemExit, match="there are a, b, c"):
        _run(monkeypatch, "c", "looking")
    assert trained == []


def test_a_later_round_of_the_detector_goes_on_from_the_one_before(monkeypatch, tmp_path):
    rounds = []

    def round_of(backs, frames, steps, seed, half_way, first):
        rounds.append(
            (steps, seed, half_way.name, None if first is None else float(first.across[0].weight.detach().mean()))
        )
        net = detector.network()
        net.across[0].weight.data.fill_(len(rounds))
        return net

    monkeypatch.setattr(train, "_HALF_WAY", tmp_path)
    monkeypatch.setattr(train, "_backs", list)
    monkeypatch.setattr(train, "_frames", list)
    monkeypatch.setattr(train, "_DETECTOR_ROUNDS", (5, 7))
    monkeypatch.setattr(detector, "train", round_of)
    monkeypatch.setattr(detector, "WEIGHTS", tmp_path / "detector.safetensors")
    train.NETWORKS["detector"]()
    assert rounds == [(5, 0, "detector-0.safetensors", None), (7, 1, "detector-1.safetensors", 1.0)]
    assert [path.name for path in tmp_path.iterdir()] == ["detector.safetensors"]
    assert (fitting.load(detector.network(), detector.WEIGHTS).across[0].weight == 2).all()


def test_frames_of_clips_come_as_rendered_and_coded(monkeypatch):
    monkeypatch.setattr(train, "_CLIPS", 2)
    train._frames.cache_clear()
    frames = train._frames()
    train._frames.cache_clear()
    assert len(frames) == 2 * 2 * train._FROM_CLIP
    assert all(one.pixels.shape == (128, 128, 3) for one in frames)


def test_a_quarter_of_the_clips_shows_what_models_never_see():
    specs = [draw(seed, train._mixed(seed)) for seed in range(40)]
    assert all(held_out(spec.objects[0]) for spec in specs[1::4])
    assert not any(held_out(thing) for place, spec in enumerate(specs) if place % 4 != 1 for thing in spec.objects)


def test_the_second_round_of_looks_is_shown_what_the_detector_takes_for_things(monkeypatch):
    monkeypatch.setattr(train, "_TAKEN", 2)
    shown = train._taken()
    assert len(shown) == 2 * 2 * train._FROM_CLIP
    spots = [spot for one in shown for spot in one.taken]
    near = [
        any(np.hypot(thing.x - x, thing.y - y) < thing.extent for thing in one.shown)
        for one in shown
        for x, y, _ in one.taken
    ]
    assert len(spots) >= len(shown) / 2
    assert np.mean(near) > 0.5


def test_later_rounds_of_looks_also_see_what_an_autoencoder_gives_back(monkeypatch):
    seeds = train._LATENTS[3][:4]
    monkeypatch.setitem(train._LATENTS, 3, seeds)
    shown = train._latent(3)
    assert len(shown) == 4 * 2 * train._FROM_CLIP
    own, other = (
        clips.rendered(seed, train._mixed(seed), 16, 32).frames.astype(float) for seed in (seeds[0], seeds[2])
    )
    for one in shown[: 2 * train._FROM_CLIP]:
        near, far = (np.abs(frames - one.pixels).mean(axis=(1, 2, 3)).min() for frames in (own, other))
        assert 0 < near < far / 2
    assert sum(len(one.taken) for one in shown) >= len(shown) / 2


def test_rounds_of_looks_are_shown_more_and_more(monkeypatch, tmp_path):
    seen, firsts = [], []

    def fit(backs, pictures, steps, seed, half_way, first):
        seen.append((pictures, steps, seed))
        firsts.append(first)
        return looks.network()

    monkeypatch.setattr(train, "_HALF_WAY", tmp_path)
    monkeypatch.setattr(train, "_backs", list)
    for name in ("frames", "taken"):
        monkeypatch.setattr(train, f"_{name}", lambda name=name: [name])
    monkeypatch.setattr(train, "_latent", lambda number: [f"latent {number}"])
    monkeypatch.setattr(looks, "train", fit)
    monkeypatch.setattr(looks, "WEIGHTS", tmp_path / "looks.safetensors")
    train._train_looks()
    assert [pictures for pictures, _, _ in seen] == [
        ["frames"],
        ["taken"],
        ["taken", "latent 2"],
        ["taken", "latent 3"],
    ]
    assert [steps for _, steps, _ in seen] == list(train._LOOKS_ROUNDS)
    assert firsts[0] is None
    assert None not in firsts[1:]
    assert [path.name for path in tmp_path.iterdir()] == ["looks.safetensors"]
