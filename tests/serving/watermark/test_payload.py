import pytest

from serving.watermark import distance, payload_hex, payload_of


def test_a_payload_is_the_first_sixteen_digits_of_the_record_id():
    assert payload_hex(payload_of("00ff" * 16)) == "00ff00ff00ff00ff"


@pytest.mark.parametrize("record_id", ["", "abc", "z" * 64])
def test_ids_that_are_no_hex_digest_are_refused(record_id):
    with pytest.raises(ValueError):
        payload_of(record_id)


def test_distance_counts_differing_bits():
    assert distance(0b1011, 0b0001) == 2
