import pytest

from assets.checkers.train import UnknownNetwork, main


def test_an_unknown_network_is_refused_before_anything_is_trained():
    with pytest.raises(UnknownNetwork, match=r"'ears'; there are: .*camera"):
        main(["camera", "ears"])
