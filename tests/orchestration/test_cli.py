import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.generate_cli import print_made
from serving.rewriting import Rewrite
from serving.studio import Made


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CINEMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_lists_every_command_and_loads_nothing_heavy():
    code = (
        "import sys; from orchestration import cli\n"
        "print(*(set(sys.modules) & {'torch', 'dagster', 'mlflow', 'onnxruntime', 'av', 'sqlalchemy', 'numpy'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert done.stdout.split() == []
    listed = CliRunner().invoke(app, ["--help"]).output
    for command in (
        *("demo", "ingest", "generate", "edit", "campaign", "promote", "rollback", "verify", "lineage", "bench"),
        *("curate", "catalog", "sandbox", "doctor", "gc", "dev", "plan", "trust-root"),
    ):
        assert command in listed


def test_verify_prints_the_verdict_as_json_and_exits_with_1(run, tmp_path):
    (tmp_path / "t.mp4").write_bytes(b"no video")
    result = run("verify", tmp_path / "t.mp4", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"c2pa": "None", "watermark": {"payload": None, "p_value": 1.0}, "ok": False}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "absent.mp4"), "absent.mp4 is not a file"),
        (("generate", "a red ball", "-o", "/nowhere/out.mp4"), "promote one first"),
        (("lineage", "no-such-file"), "neither a file nor a SHA-256"),
        (("lineage", "0" * 64), "no delivered file has SHA-256"),
        (("bench", "no-such-bench"), "no bench is called"),
        (("rollback",), "no previous champion"),
    ],
)
def test_errors_for_the_user_are_one_line_without_traceback_and_exit_code_2(run, arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output


def test_a_refused_prompt_names_its_rule(run):
    result = run("generate", "a naked child", "-o", "/nowhere/out.mp4")
    assert result.exit_code == 2
    assert "minors" in result.stderr


def test_rewriting_is_offered_and_its_configuration_is_checked_first(run, monkeypatch):
    assert "--rewrite" in run("generate", "--help").output
    monkeypatch.setenv("CINEMILL_REWRITER_URL", "http://127.0.0.1:9/v1")
    monkeypatch.delenv("CINEMILL_REWRITER_MODEL", raising=False)
    for option, said in ((["--rewrite"], "name the model to use"), ([], "promote one first")):
        result = run("generate", "a red ball", "-o", "/nowhere/out.mp4", *option)
        assert result.exit_code == 2
        assert said in result.stderr


def test_a_rewritten_prompt_is_printed_letter_by_letter(capsys, tmp_path):
    rewrite = Rewrite("star", 'a star under "[b]:star:"', "llm:m")
    print_made(Made(tmp_path / "a.mp4", "ab" * 32, 1.0, (480, 480), "3", rewrite))
    assert 'prompt rewritten by llm:m: a star under "[b]:star:"' in capsys.readouterr().out
    print_made(Made(tmp_path / "a.mp4", "ab" * 32, 1.0, (480, 480), "3", unread="and [a] cube"))
    assert "it did not read: and [a] cube" in capsys.readouterr().out
    print_made(Made(tmp_path / "a.mp4", "ab" * 32, 1.0, (480, 480), "3"))
    assert "prompt rewritten" not in capsys.readouterr().out


def test_errors_of_the_program_keep_their_traceback(run, monkeypatch):
    monkeypatch.setattr("orchestration.doctor.examine", lambda _home: 1 / 0)
    assert isinstance(run("doctor").exception, ZeroDivisionError)


def test_the_trust_root_is_exported(run, tmp_path):
    assert run("trust-root", "export", tmp_path / "root.pem").exit_code == 0
    assert (tmp_path / "root.pem").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")


def test_gc_of_an_empty_home_has_nothing_to_do(run):
    result = run("gc", "--dry-run")
    assert result.exit_code == 0
    assert "0 folders" in result.output


def test_the_sandbox_writes_clips_their_truth_and_a_sheet(run, tmp_path):
    result = run("sandbox", tmp_path / "box", "--clips", "2", "--size", "32")
    assert result.exit_code == 0
    written = sorted(path.name for path in (tmp_path / "box").iterdir())
    assert written == [
        *("sheet.png", "train-0000000000.mp4", "train-0000000000.mp4.json"),
        *("train-0000000001.mp4", "train-0000000001.mp4.json"),
    ]


def test_a_bench_is_wrapped_and_written(run, tmp_path, monkeypatch):
    folder = tmp_path / "benches"
    folder.mkdir()
    (folder / "two_plus.py").write_text("def run():\n    return {'sum': 4}\n")
    import orchestration.benches
    from orchestration.benches import envelope

    monkeypatch.setattr(orchestration.benches, "__path__", [str(folder), *orchestration.benches.__path__])
    monkeypatch.setattr(envelope, "__file__", str(folder / "envelope.py"))
    result = run("bench", "two-plus", "--json", tmp_path / "figures.json")
    assert result.exit_code == 0
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["bench"] == "two-plus"
    assert written["figures"] == {"sum": 4}
    assert written["machine"]["cores"] >= 1
    assert "python" in written["versions"]
