"""The comparison from its command line to its files; networks run in this process but for one test."""

import json

import pytest
import torch

from benchmarks import speed, table, worker
from benchmarks.attacks import ATTACKS, Attack, Found, Settings
from benchmarks.common import network
from malt_core.numerics.gradients import Passes
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.parquet import write

MODEL = "tests.helpers.evaluations:load"


@pytest.fixture
def command(tmp_path):
    """A command line on 40 images, of which the network gets every third one wrong."""
    x = images(40)
    y = classes(smooth_cnn(), x)
    y[::3] = (y[::3] + 1) % 12
    data = write(tmp_path / "data.parquet", x, y)
    common = ["--model", MODEL, "--data", str(data), "--out", str(tmp_path / "out")]
    return [*common, "--n", "6", "--eps", "2.5/255", "--steps", "4", "--batch-size", "4"]


@pytest.fixture
def ran(monkeypatch):
    """The names of the attacks that ran, each in this process."""
    names = []

    def here(name, model, images, settings, folder):
        names.append(name)
        data = torch.load(images, weights_only=True)
        return worker.measure(name, network(model), data["x"], data["y"], settings)

    monkeypatch.setattr(speed, "in_fresh_process", here)
    return names


def results(command):
    path = command[command.index("--out") + 1]
    with open(f"{path}/results.json", encoding="utf-8") as file:
        return json.load(file)


def test_results_say_what_was_compared_and_what_came_out(command, ran, capsys):
    assert speed.main([*command, "--only", "published,malt-float32"]) == 0
    assert ran == ["malt-float32", "published"]
    found = results(command)
    assert found["settings"]["images"] == [1, 2, 4, 5, 7, 8]
    assert found["settings"]["eps"] == pytest.approx(2.5 / 255)
    assert found["machine"]["versions"]["torch"] == torch.__version__.partition("+")[0]
    for cost in found["attacks"].values():
        assert set(cost["robust"]) < {1, 2, 4, 5, 7, 8}
        assert cost["robust_accuracy"] == len(cost["robust"]) / 6
        assert cost["seconds"] > 0
    out = capsys.readouterr().out
    assert "6 correctly classified images" in out
    assert table.markdown(found) in out
    folder = command[command.index("--out") + 1]
    with open(f"{folder}/results.md", encoding="utf-8") as file:
        assert file.read() == table.markdown(found)


def test_resume_runs_what_is_missing_only(command, ran):
    speed.main([*command, "--only", "published"])
    first = results(command)
    assert speed.main([*command, "--only", "published,malt-float32", "--resume"]) == 0
    assert ran == ["published", "malt-float32"]
    assert results(command)["attacks"]["published"] == first["attacks"]["published"]
    assert speed.main([*command, "--only", "published"]) == 0
    assert ran == ["published", "malt-float32", "published"]
    assert results(command)["attacks"].keys() == {"published"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--n", "5"], "another n"),
        (["--eps", "2/255"], "another eps"),
        (["--steps", "5"], "another steps"),
        (["--no-bf16"], "another bf16"),
        (["--batch-size", "8"], "another batch size"),
    ],
)
def test_resume_with_other_settings_is_turned_down(command, ran, capsys, change, said):
    speed.main([*command, "--only", "malt-float32"])
    assert speed.main([*command, "--only", "malt-float32", *change, "--resume"]) == 2
    assert said in capsys.readouterr().err
    assert ran == ["malt-float32"]


def test_resume_on_another_machine_is_turned_down(command, ran, monkeypatch, capsys):
    speed.main([*command, "--only", "malt-float32"])
    here = speed.machine()
    monkeypatch.setattr(speed, "machine", lambda: here | {"torch_threads": 17})
    assert speed.main([*command, "--only", "published", "--resume"]) == 2
    assert "another machine" in capsys.readouterr().err
    assert ran == ["malt-float32"]


def test_an_interrupted_comparison_keeps_what_it_has(command, ran, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(
        ATTACKS, "published", Attack(title="slow", run=interrupted, most=ATTACKS["published"].most)
    )
    assert speed.main([*command, "--only", "malt-float32,published"]) == 130
    assert "--resume goes on" in capsys.readouterr().err
    assert results(command)["attacks"].keys() == {"malt-float32"}


def test_an_attack_that_cheats_has_no_result(command, ran, monkeypatch, capsys):
    def cheat(model, x, y, settings):
        model(x.clone().requires_grad_())
        return Found(adversarial=(x + 0.1).clamp(0, 1), passes=Passes(6, 6), precision="float32")

    monkeypatch.setitem(ATTACKS, "published", Attack(title="cheat", run=cheat, most=ATTACKS["malt"].most))
    assert speed.main([*command, "--only", "malt-float32,published"]) == 0
    found = results(command)
    assert found["attacks"].keys() == {"malt-float32"}
    assert "a change of 25.500/255 where 2.500/255 was allowed" in found["skipped"]["published"]
    assert "published: failed" in capsys.readouterr().out


def test_a_library_that_is_not_installed_is_skipped_with_a_word(command, ran, monkeypatch, capsys):
    attack = Attack(
        title="absent", run=ATTACKS["malt"].run, most=ATTACKS["malt"].most, package="no_such_package"
    )
    monkeypatch.setitem(ATTACKS, "foolbox", attack)
    assert speed.main([*command, "--only", "foolbox,malt-float32"]) == 0
    assert ran == ["malt-float32"]
    assert "foolbox: skipped, no_such_package is not installed: pip install" in capsys.readouterr().out
    assert "no_such_package" in results(command)["skipped"]["foolbox"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--only", "mallt"], "no attack 'mallt'"),
        (["--eps", "four"], "--eps 'four' is not a number"),
        (["--n", "0"], "--n must be a whole number"),
        (["--model", "nobody/knows"], "nobody/knows"),
        (["--data", "missing.parquet"], "There is no data set missing.parquet"),
    ],
)
def test_mistakes_end_with_one_line(command, ran, capsys, change, said):
    assert speed.main([*command, *change]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert ran == []


def test_by_default_everything_runs_and_without_bfloat16_nothing_twice():
    def chosen(*more):
        return speed._chosen(speed._arguments(["--model", "m", "--data", "d", "--out", "o", *more]))

    assert chosen() == [name for name in ATTACKS if name != "apgd-t"]
    assert chosen("--no-bf16") == [name for name in ATTACKS if name not in ("apgd-t", "malt-float32")]
    assert chosen("--only", "autoattack,malt") == ["malt", "autoattack"]


@pytest.mark.slow
def test_a_fresh_process_gives_what_this_one_gives(tmp_path):
    x = images(4)
    y = classes(smooth_cnn(), x)
    settings = Settings(eps=2.5 / 255, steps=4)
    worker.save_images(x, y, tmp_path / "images.pt")
    found, cost = worker.in_fresh_process("malt-float32", MODEL, tmp_path / "images.pt", settings, tmp_path)
    expected, same = worker.measure("malt-float32", network(MODEL), x, y, settings)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert cost.keys() == same.keys()
    assert (cost["n_forward"], cost["n_backward"]) == (same["n_forward"], same["n_backward"])


@pytest.mark.slow
def test_a_process_that_fails_is_no_result(tmp_path, capfd):
    worker.save_images(images(2), torch.tensor([0, 1]), tmp_path / "images.pt")
    with pytest.raises(worker.AttackFailed, match="status 2"):
        worker.in_fresh_process(
            "malt", "tests.helpers.analytic:nothing", tmp_path / "images.pt", Settings(eps=0.1), tmp_path
        )
    assert "there is no such function" in capfd.readouterr().err


def cost(seconds, robust, **more):
    return {
        "seconds": seconds,
        "floor_seconds": seconds / 1.25,
        "n_forward": 6000,
        "n_backward": 4000,
        "peak_mb": 321.4,
        "precision": "float32",
        "robust": robust,
        "robust_accuracy": len(robust) / 4,
        **more,
    }


def test_the_table_compares_with_both_references():
    found = {
        "settings": {
            "images": [1, 3, 5, 7],
            "data": "d.parquet",
            "model": "m",
            "eps": 4 / 255,
            "steps": 100,
            "batch_size": 64,
            "bf16": False,
        },
        "machine": {"processor": "CPU", "torch_threads": 2, "versions": {"torch": "2"}},
        "attacks": {
            "published": cost(300.0, [1, 7]),
            "malt": cost(10.0, [1, 5], peak_mb=None, precision="bfloat16"),
            "autoattack": cost(4000.0, [1]),
        },
        "skipped": {"foolbox": "not installed"},
    }
    text = table.markdown(found)
    assert "eps 4/255, 100 steps, batches of 64, ours without bfloat16. CPU, 2 threads, torch 2." in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [row.split("`")[1] for row in rows[2:]] == ["malt", "published", "autoattack"]
    cells = [cell.strip() for cell in rows[2].strip("|").split("|")]
    assert cells[1:] == [
        *("2 (50.0%)", "10.0 s", "30.0", "400.0", "6,000", "4,000"),
        *("1.00", "0.80", "1.25", "–", "bfloat16"),
    ]
    assert len(cells) == len(table.HEAD)
    assert "1 h 6 min" in rows[4]
    assert "- malt against published: only malt fools [7], only published fools [5]." in text
    assert "- malt against autoattack: only malt fools none, only autoattack fools [5]." in text
    assert text.endswith("- foolbox: not installed\n")


def test_without_the_references_there_is_nothing_to_compare_with():
    found = {"attacks": {"malt": cost(10.0, [1])}}
    assert table.ratio(found, "published", "malt") is None
