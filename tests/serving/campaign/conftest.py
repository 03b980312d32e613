import shutil

import pytest

from serving.campaign.batch import Origin
from serving.campaign.brief import Brief
from serving.campaign.record import ModelVersion


@pytest.fixture
def config(config):
    """A quarter of the frames, so that the films of these tests are quickly encoded."""
    return config.model_copy(update={"fps": 4, "max_frames": 16})


@pytest.fixture
def fields():
    """A brief of one audience, two locales and one ratio."""
    return {
        "id": "spring",
        "product": "Bouncing Ball",
        "brand": "ACME",
        "message": {"en": "Bounce into spring", "de": "Mehr Sprungkraft"},
        "audiences": [{"name": "kids", "prompt": "a red ball rolls to the right on a blue background"}],
        "locales": ["en", "de-AT"],
        "aspect_ratios": ["1:1"],
        "seconds": 4,
    }


@pytest.fixture
def brief(fields):
    return Brief(**fields)


@pytest.fixture
def origin():
    return Origin(ModelVersion(name="cinemill", version="3"), "d1a2", ("Big Buck Bunny, CC BY 3.0",), "run-1")


class Marker:
    """Leaves the frames alone and remembers the payloads."""

    def __init__(self):
        self.payloads = []

    def embed(self, frames, payload):
        self.payloads.append(payload)
        return frames


class Sign:
    """Copies, remembers the facts, and fails for the titles it is told to."""

    def __init__(self):
        self.facts = []
        self.failing = set()

    def __call__(self, source, destination, facts):
        if facts.title in self.failing:
            raise OSError("the pen is dry")
        self.facts.append(facts)
        shutil.copyfile(source, destination)


@pytest.fixture
def marker():
    return Marker()


@pytest.fixture
def sign():
    return Sign()
