import pytest

from orchestration.launchers.settings import LAUNCHER, SETTINGS, LauncherSettings, SettingsInvalid


def read(tmp_path, text: str, **environment) -> LauncherSettings:
    (tmp_path / "launcher.yaml").write_text(text)
    return LauncherSettings.from_env({SETTINGS: str(tmp_path / "launcher.yaml"), **environment})


def test_without_settings_jobs_run_on_this_machine():
    assert LauncherSettings.from_env({}).launcher == "local"


def test_the_environment_overrules_the_choice_of_the_file(tmp_path):
    text = "launcher: slurm\nslurm: {partition: gpu}\n"
    assert read(tmp_path, text).slurm.partition == "gpu"
    assert read(tmp_path, text, **{LAUNCHER: "local"}).launcher == "local"
    assert LauncherSettings.from_env({LAUNCHER: "slurm"}).launcher == "slurm"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slurm: {partitoin: gpu}", r"slurm\.partitoin is unknown: choose from partition, account"),
        ("slrum: {}", "slrum is unknown: choose from launcher, slurm, kubernetes"),
        ("launcher: lsf", "'lsf': choose local, slurm or kubernetes"),
        ("slurm: {time_limit: tomorrow}", r"slurm\.time_limit: "),
        ("slurm: {partition: 'a b'}", r"slurm\.partition: "),
        ("slurm: {signal_seconds: 0}", r"slurm\.signal_seconds: "),
        ("launcher: kubernetes", "needs a section `kubernetes`"),
        ("kubernetes: {image: i, claim: c}", r"kubernetes\.mount: Field required"),
        (
            "kubernetes: {image: i, claim: c, mount: /m, tolerations: [{key: a, efect: x}]}",
            r"efect is unknown: choose from key, operator",
        ),
        ("- a list", "holds no settings"),
        ("a: [", "is no YAML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_there_is_instead(tmp_path, text, words):
    with pytest.raises(SettingsInvalid, match=words):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"none\.yaml"):
        LauncherSettings.from_env({SETTINGS: str(tmp_path / "none.yaml")})
