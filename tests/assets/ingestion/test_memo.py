from assets.ingestion.memo import Memo


def test_a_result_is_found_under_its_key_and_version_only(tmp_path):
    Memo(tmp_path, "work", "1").put(["a", 1], {"found": [1.5, None]})
    assert Memo(tmp_path, "work", "1").get(["a", 1]) == {"found": [1.5, None]}
    assert Memo(tmp_path, "work", "1").get(["a", 2]) is None
    assert Memo(tmp_path, "work", "2").get(["a", 1]) is None
    assert Memo(tmp_path, "play", "1").get(["a", 1]) is None


def test_an_empty_result_is_a_result(tmp_path):
    memo = Memo(tmp_path, "work", "1")
    memo.put("a", [])
    assert memo.get("a") == []
