"""A home with an MLflow database, without the seconds that making its tables takes."""

import shutil

import pytest

from orchestration.tracking import MlflowTracker
from serving.home import Home


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    tracker = MlflowTracker(Home(tmp_path_factory.mktemp("database")))
    tracker.client.search_experiments(max_results=1)
    return tracker.home.mlflow / "mlflow.db"


@pytest.fixture
def home(tmp_path, empty_database):
    home = Home(tmp_path / "home")
    home.mlflow.mkdir(parents=True)
    shutil.copyfile(empty_database, home.mlflow / "mlflow.db")
    return home


@pytest.fixture
def tracker(home):
    return MlflowTracker(home)
