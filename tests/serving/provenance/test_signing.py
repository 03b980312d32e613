import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from serving.provenance import Keys, sign
from serving.provenance.errors import SigningFailed
from serving.provenance.signing import FACTS_LABEL
from serving.provenance.verification import signature_state
from tests.serving.provenance.conftest import FACTS, manifest


def assertion(found, label):
    return next(item["data"] for item in found["assertions"] if item["label"] == label)


def test_the_manifest_states_the_facts_and_that_a_model_made_it(delivered):
    found = manifest(delivered)
    assert assertion(found, FACTS_LABEL) == json.loads(json.dumps(asdict(FACTS)))
    (action,) = assertion(found, "c2pa.actions.v2")["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"].endswith("/trainedAlgorithmicMedia")


def test_an_edit_opens_its_parent_and_is_called_a_composite(plain, home, tmp_path):
    sign(plain, tmp_path / "edit.mp4", FACTS, home, parent=plain)
    found = manifest(tmp_path / "edit.mp4")
    opened, edited = assertion(found, "c2pa.actions.v2")["actions"]
    assert opened["action"] == "c2pa.opened"
    assert edited["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert found["ingredients"][0]["relationship"] == "parentOf"
    assert signature_state(tmp_path / "edit.mp4", Keys.open(home).root) == "Trusted"


@pytest.mark.parametrize("content", [b"", b"text", bytes(1000)])
def test_what_is_no_mp4_is_refused_and_nothing_is_written(home, tmp_path, content):
    (tmp_path / "in.mp4").write_bytes(content)
    with pytest.raises(SigningFailed, match=r"in\.mp4"):
        sign(tmp_path / "in.mp4", tmp_path / "out.mp4", FACTS, home)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_a_kill_in_mid_write_leaves_no_file(plain, home, tmp_path):
    """The child is killed inside the signature, after bytes have reached the disk."""
    code = f"""
import os, signal
from pathlib import Path
import c2pa
from serving.home import Home
from serving.provenance import sign
from tests.serving.provenance.conftest import FACTS
signed = c2pa.Builder.sign
def killed(self, signer, kind, plain, target):
    signed(self, signer, kind, plain, target)
    target.truncate(target.tell() // 2)
    target.flush()
    os.kill(os.getpid(), signal.SIGKILL)
c2pa.Builder.sign = killed
sign(Path({str(plain)!r}), Path({str(tmp_path / "out.mp4")!r}), FACTS, Home(Path({str(home.root)!r})))
"""
    child = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)
    assert child.returncode == -signal.SIGKILL
    assert not (tmp_path / "out.mp4").exists()
