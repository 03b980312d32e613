from orchestration.ranks.failure import Cause, Failure


def test_a_failure_survives_its_file(tmp_path):
    assert Failure.read(tmp_path) is None
    failure = Failure("was killed", tmp_path / "rank-3.log", 3, Cause.memory, "give it more")
    failure.write(tmp_path)
    assert Failure.read(tmp_path) == failure


def test_what_a_rank_knew_of_its_end_is_kept_where_the_cluster_knows_no_more(tmp_path):
    own = Failure("was killed", tmp_path / "rank-3.log", 3, Cause.memory, "give it more")
    assert own.ended("FAILED", Cause.failed, "").cause is Cause.memory
    assert own.ended("FAILED", Cause.failed, "").remedy == "give it more"
    assert own.ended("TIMEOUT", Cause.time, "wait") == Failure("was killed; TIMEOUT", own.log, 3, Cause.time, "wait")


def test_it_is_told_with_the_last_lines_of_its_log(tmp_path):
    log = tmp_path / "rank-3.log"
    failure = Failure("was killed", log, 3, remedy="give it more")
    assert failure.described(2) == f"rank 3 was killed; give it more; log {log}:\n"
    log.write_text("one\ntwo\nthree\n")
    assert failure.described(2).endswith(":\ntwo\nthree")
    assert Failure("is held", log).described(1) == f"is held; log {log}:\nthree"
