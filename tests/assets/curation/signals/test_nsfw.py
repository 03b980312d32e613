from assets.curation.signals.nsfw import Nsfw
from tests.assets.curation.signals.pictures import film, gliding, result


def test_noise_is_safe(tmp_path):
    found = result(Nsfw(), film(tmp_path, gliding(16, 1.0)))
    assert 0.0 <= found["nsfw"] < 0.2


def test_a_span_that_nobody_looked_at_has_no_score(tmp_path):
    found = result(Nsfw(), film(tmp_path, gliding(4, 1.0)))
    assert found["nsfw"] is None
    assert "looked" in found["missing"]["nsfw"]
