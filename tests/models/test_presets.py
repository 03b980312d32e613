import subprocess
import sys

from models.presets import PRESETS


def test_small_fits_what_is_shipped():
    import torch

    from models.backbone import Backbone

    with torch.device("meta"):
        network = Backbone(PRESETS["small"]())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert 11e6 < parameters < 12e6
    assert 2 * parameters <= 24e6  # bytes in bfloat16


def test_presets_load_without_torch():
    code = "import sys, models.presets, models.curriculum, models.planning.report; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
