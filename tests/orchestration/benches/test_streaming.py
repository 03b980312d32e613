from types import SimpleNamespace

import numpy as np

from orchestration.benches import streaming
from orchestration.benches.streaming import Viewer
from serving.live import Chunk


def test_a_viewer_notes_when_frames_come_and_how_soon_a_new_prompt_shows(monkeypatch, tmp_path):
    class Pipeline:
        config = SimpleNamespace(fps=16)

        @staticmethod
        def enlarger(pieces, size):
            return (np.repeat(np.repeat(piece, 2, axis=1), 2, axis=2) for piece in pieces)

    def chunks(pipeline, prompt):
        for number in range(99):
            text = prompt.text
            level = 20 if text == streaming._FIRST else 200
            streaming.time.sleep(0.05)
            yield Chunk(number, text, np.full((16, 64, 64, 3), level + number % 2, np.uint8), 16, 0.0)

    monkeypatch.setattr(streaming, "chunks", chunks)
    viewer = Viewer(12.0)
    viewer.watch(Pipeline, tmp_path / "live.mp4")
    found = viewer.figures()
    assert found["prompt_change"] > 100 > found["usual_change"]
    assert 0.05 < found["prompt_change_seconds"] < 12
    assert 0.05 <= found["first_frame_seconds"] < 12
    assert found["real_time_factor"] <= 12 / (12 * 0.05)
    assert found["slowest_real_time_factor"] <= 5 / (4 * 0.05)
