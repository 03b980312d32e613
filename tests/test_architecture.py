"""The rooms: which imports which, and where each package comes from."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RANKS

ROOT = Path(__file__).resolve().parent.parent


def test_rooms_import_in_one_direction_only():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["models", "serving", "assets", "orchestration"])
def test_each_top_level_package_is_this_checkout_s(package):
    assert Path(importlib.import_module(package).__file__).parent == ROOT / package


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        (
            "orchestration.definitions",
            [
                *("torch", "lightning", "deepspeed", "mlflow", "great_expectations", "onnx"),
                *("pandas", "fsspec", "daft", "cv2", "scipy"),
            ],
        ),
        ("serving.pipeline", ["torch", "dagster", "mlflow"]),
    ],
)
def test_importing_a_room_s_entry_stays_light(module, banned):
    script = f"import sys, {module}; print(*[name for name in {banned!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_that_share_a_process_are_there():
    assert [name for name in sorted(RANKS) if not (ROOT / name).is_file()] == []
