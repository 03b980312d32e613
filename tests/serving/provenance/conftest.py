import c2pa
import pytest

from serving.home import Home
from serving.provenance import Facts, Keys, sign
from serving.watermark import Watermarker, payload_of
from tests.serving.watermark.scenes import encode, flat_clip

FACTS = Facts(
    title="a red ball",
    prompt_sha256="ab" * 32,
    model="cinemill",
    model_version="3",
    dataset_digest="d" * 32,
    seed=7,
    record_id="0123456789abcdef" * 4,
    campaign="spring",
    attribution=("Big Buck Bunny (c) Blender Foundation, CC BY 3.0",),
)


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """An unmarked, unsigned clip."""
    path = tmp_path_factory.mktemp("plain") / "plain.mp4"
    encode(flat_clip(16, 256, 256, seed=3), 20, path)
    return path


@pytest.fixture(scope="session")
def delivered(home, tmp_path_factory):
    """A marked and signed clip."""
    path = tmp_path_factory.mktemp("delivered") / "clip.mp4"
    marked = Watermarker(Keys.open(home).watermark_key).embed(
        flat_clip(16, 256, 256, seed=3), payload_of(FACTS.record_id)
    )
    encode(marked, 20, path)
    sign(path, path, FACTS, home)
    return path


def manifest(path):
    """The active manifest of a file, as the library reads it."""
    with path.open("rb") as stream, c2pa.Reader("video/mp4", stream) as reader:
        return reader.get_active_manifest()
