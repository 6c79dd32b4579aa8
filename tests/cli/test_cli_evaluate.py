"""`python -m malt_core evaluate` as people meet it: with the real offline model, on a handful of pictures."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from malt_core.cli import evaluate as cli_evaluate
from malt_core.cli import main as cli
from malt_core.cli.evaluate import progress_text, table
from malt_core.evaluation.report import read_report
from malt_core.evaluation.run import in_process
from malt_core.evaluation.types import Progress
from malt_core.models.catalogue import model_info
from malt_core.models.loaders import load_model
from tests.cli import calls
from tests.helpers.evaluations import numbers

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
MODEL = "autoattack/resnet18-cifar10"
SHORT = (
    *("--model", MODEL, "--steps", "2", "--targets", "2", "--eps", "1.5/255"),
    *("--precision", "float32", "--batch-size", "2"),
)


def call(*words: str) -> tuple[int, str, str]:
    return calls.call("evaluate", *words)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven pictures of 32 × 32 pixels; the third has a wrong label, the fourth is none."""
    pixels = np.random.default_rng(1).integers(90, 160, (7, 32, 32, 3), dtype=np.uint8)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 255
    with torch.no_grad():
        labels = load_model(MODEL)(x).argmax(1).tolist()
    labels[2] = (labels[2] + 1) % 10
    files = []
    for picture in pixels:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        files.append(buffer.getvalue())
    files[3] = files[3][:300]
    file = tmp_path_factory.mktemp("data") / "seven.parquet"
    images = [{"bytes": content, "path": f"{i}.png"} for i, content in enumerate(files)]
    pq.write_table(pa.table({"image": images, "label": labels}), file)
    return file


@pytest.fixture(autouse=True)
def threads():
    """The command sets torch's threads, as befits a process of its own."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def here(monkeypatch) -> list[int]:
    """Chunks are evaluated in this process, which is quicker; the numbers of workers asked for."""
    asked = []

    def local_workers(load, plan, workers):
        asked.append(workers)
        return in_process(load(), plan)

    monkeypatch.setattr(cli_evaluate, "local_workers", local_workers)
    return asked


@pytest.fixture(scope="session")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """An uninterrupted evaluation on two worker processes, run once: folder, status, output, errors."""
    done = []

    def get() -> tuple[Path, subprocess.CompletedProcess]:
        if not done:
            folder = tmp_path_factory.mktemp("whole") / "new" / "nested"
            words = ("--data", str(data), *SHORT, "--workers", "2", "--json", "--out", str(folder))
            done.append((folder, python(*words)))
        return done[0]

    return get


def python(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "malt_core", "evaluate", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


# What it writes and prints ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_report_of_two_worker_processes(whole, data):
    folder, process = whole()
    assert process.returncode == 0
    assert process.stdout == (folder / "report.json").read_text()
    assert "7 of 7 images" not in process.stderr  # notes are sparse
    assert process.stderr.startswith("7 images …\n")
    report = read_report(folder)
    assert report.complete
    assert report.plan.data.path == str(data)
    assert [image.index for image in report.images] == [0, 1, 2, 4, 5, 6]
    assert report.images[2].outcome == "wrong"
    (corrupt,) = report.corrupt
    assert (corrupt.index, corrupt.name) == (3, "row 3 (3.png)")
    assert corrupt.reason.startswith("row 3 (3.png) is damaged, incomplete or of a rare kind.")
    config = report.plan.config
    assert (config.batch_size, config.chunk, config.n_iter, config.n_targets) == (2, 2, 2, 2)
    assert (config.precision, config.eps_text, config.eps) == ("float32", "1.5/255", 1.5 / 255)
    assert (report.counts["read"], report.counts["wrong"]) == (6, 1)


@pytest.mark.slow
def test_one_process_writes_the_same(whole, data, here, tmp_path):
    folder, _ = whole()
    status, out, err = call("--data", str(data), *SHORT, "--out", str(tmp_path))
    assert (status, err) == (0, "7 images …\n")
    report = read_report(tmp_path)
    assert numbers(report) == numbers(read_report(folder))
    assert out == f"{table(report)}\n\nWritten to {tmp_path / 'report.json'}\n"
    assert len(here) == 1


def test_a_finished_evaluation_is_not_overwritten(whole, data):
    folder, _ = whole()
    before = (folder / "report.json").read_bytes()
    refused(
        "--data", str(data), *SHORT, "--out", str(folder), says=f"{folder} holds an evaluation already: go on"
    )
    assert (folder / "report.json").read_bytes() == before


def test_resuming_what_is_finished_prints_it_again(whole, data, here, tmp_path):
    folder, process = whole()
    words = ("--data", str(data), *SHORT, "--json", "--resume", "--out")
    status, out, _ = call(*words, str(folder))
    assert (status, out) == (0, process.stdout)


def test_resume_begins_where_nothing_was_begun(data, here, tmp_path):
    assert call("--data", str(data), *SHORT, "--n", "2", "--resume", "--out", str(tmp_path))[0] == 0
    assert read_report(tmp_path).plan.data.images == 2


# Interruption -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl-C to a process group as Unix does")
@pytest.mark.slow
def test_ctrl_c_and_going_on(data, here, tmp_path):
    folder = tmp_path / "out"
    # Nothing falls, so that there is time to interrupt.
    settings = (*SHORT, "--eps", "0.01/255", "--steps", "3", "--faithful")
    words = ("--data", str(data), *settings, "--out", str(folder))
    command = [sys.executable, "-m", "malt_core", "evaluate", *words, "--workers", "1"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whatever runs in a shell's background ignores Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        until = time.monotonic() + 200
        while not list(folder.glob("chunks/0*.json")) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    kept = len(list(folder.glob("chunks/0*.json"))) * 2
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[1:] == [
        "",
        f"malt_core: interrupted; {kept} images are done and kept in {folder}: "
        "the same command with --resume goes on",
    ]
    assert not read_report(folder).complete
    assert "(so far, of 7 images)" in table(read_report(folder))
    assert not list(folder.rglob("*.part"))
    assert call(*words, "--resume")[0] == 0
    assert call("--data", str(data), *settings, "--out", str(tmp_path / "other"))[0] == 0
    assert numbers(read_report(folder)) == numbers(read_report(tmp_path / "other"))


@pytest.mark.parametrize("during", ["local_workers", "_plan"])  # _plan: while the model is loaded
def test_interrupted_before_anything_is_done(data, tmp_path, monkeypatch, during):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_evaluate, during, interrupted)
    status, out, err = call("--data", str(data), *SHORT, "--out", str(tmp_path))
    assert (status, out) == (130, "")
    assert err.endswith(
        "interrupted; 0 images are done and kept in "
        + f"{tmp_path}: the same command with --resume goes on\n"
    )
    assert not (tmp_path / "report.json").exists()


def test_other_settings_are_not_mixed_in(whole, data):
    folder, _ = whole()
    words = ("--data", str(data), *SHORT, "--resume", "--out", str(folder))
    refused(
        *words, "--seed", "3", says="it differs in seed (then 0, now 3). Go on with what it was begun with"
    )
    refused(*words, "--n", "6", says="it differs in number of images (then 7, now 6)")
    refused(*words, "--eps", "2/255", says="it differs in eps (then 0.0058")


# Mistakes ---------------------------------------------------------------------------------------------------


def refused(*words: str, says: str) -> None:
    """Exit status 2, nothing on standard output, and one line that holds these words."""
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "the following arguments are required: --data, --out"),
        ("--data nowhere --out o", "There is no data set nowhere: give a parquet file, a folder"),
        ("--data . --out o", ". holds no data set: expected a sub-folder for each class."),
        ("--data cifar10 --data-dir here --out o", "There is no here/cifar-10-batches-py/test_batch. Unpack"),
        ("--data imagenet --data-dir here --out o", "There is no here/val."),
        ("--data x --out o --model resnet18-cifar10", "Did you mean 'autoattack/resnet18-cifar10'?"),
        ("--data x --out o --attack pgd", "invalid choice: 'pgd' (choose from 'malt', 'naive', 'apgd-ce'"),
        ("--data x --out o --eps 0", "--eps is 0, but an attack needs room to move"),
        ("--data x --out o --eps -1/255", "--eps is -0.00392157, but"),
        ("--data x --out o --n 0", "--n must be a whole number from 1"),
        ("--data x --out o --n some", "--n: expected a whole number, not 'some'"),
        ("--data x --out o --workers 0", "--workers must be a whole number from 1"),
        ("--data x --out o --workers 2 --ray", "not allowed with argument --workers"),
        ("--data x --out o --batch-size big", "--batch-size must be auto or a whole number, not 'big'."),
        ("--data x --out o --batch-size 0", "--batch-size must be a whole number from 1"),
        ("--data x --out o --steps 0", "--steps must be a whole number from 1 to 10000, not 0."),
        ("--data x --out o --precision int8", "invalid choice: 'int8'"),
        ("--data x --out o --attack autoattack --steps 5", "--steps is no setting of the attack autoattack"),
        ("--data x --out o --attack apgd-t --faithful", "--all-steps is no setting of the attack apgd-t"),
    ],
)
def test_mistakes_are_answered_in_one_line(tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    refused(*shlex.split(words), says=says)
    assert not list(tmp_path.iterdir())


def test_a_data_set_of_other_classes(tmp_path, data):
    file = tmp_path / "seven.parquet"
    pq.write_table(pq.read_table(data).set_column(1, "label", [[0, 1, 2, 3, 4, 5, 10]]), file)
    refused("--model", MODEL, "--data", str(file), "--out", str(tmp_path / "o"), says="Row 6 of")
    assert not (tmp_path / "o").exists()


def test_ray_that_is_not_installed(tmp_path, data, monkeypatch):
    monkeypatch.setattr(cli_evaluate, "find_spec", lambda name: None)
    says = "--ray needs the package ray: `pip install 'malt-lab[ray]'` installs it."
    refused("--model", MODEL, "--data", str(data), "--out", str(tmp_path / "o"), "--ray", says=says)


def test_a_folder_that_may_not_be_written(tmp_path, data, monkeypatch):
    (tmp_path / "out").write_text("mine")
    says = f"Cannot write to {tmp_path / 'out'}: {tmp_path / 'out'} is in the way. Choose another folder"
    refused("--model", MODEL, "--data", str(data), "--out", str(tmp_path / "out"), says=says)
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            PermissionError(13, "Permission denied", "locked/a.parquet"),
            "locked/a.parquet: Permission denied.",
        ),
        (OSError(36, "File name too long", "a" * 300), "a" * 300 + ": File name too long."),
    ],
)
def test_what_the_system_refuses_is_said_in_one_line(tmp_path, data, monkeypatch, error, says):
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli_evaluate, "open_data", refuse)
    refused("--model", MODEL, "--data", str(data), "--out", str(tmp_path / "out"), says=says)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.slow
def test_a_full_disk_under_the_output_is_said(whole, data):
    folder, _ = whole()
    words = ("--data", str(data), *SHORT, "--out", str(folder), "--resume")
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "malt_core", "evaluate", *words],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "No space left on device" in ended.stderr


@pytest.mark.slow
def test_that_nobody_reads_the_progress_stops_nothing(data, here, tmp_path, monkeypatch):
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", Gone())
    words = ("--data", str(data), *SHORT, "--out", str(tmp_path / "out"))
    assert cli.main(["evaluate", *words]) == 0
    assert read_report(tmp_path / "out").complete
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["evaluate", *words, "--resume"]) == 0


def test_mistakes_are_answered_without_loading_torch(tmp_path, data):
    code = (
        "import sys; from malt_core.cli.main import main; status = main(sys.argv[1:]); "
        "assert not {'torch', 'torchvision', 'robustbench', 'ray'} & set(sys.modules); sys.exit(status)"
    )
    words = ("evaluate", "--model", MODEL, "--data", str(data), "--out", str(data), "--steps", "3")
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "is in the way. Choose another folder with --out." in done.stderr


def test_help_names_every_option():
    status, out, _ = call("--help")
    assert status == 0
    names = (
        "model arch classes mean std size data data-dir n attack norm eps targets candidates steps seed "
        "all-steps faithful batch-size "
        "precision device workers ray out resume check eot json help"
    )
    flags = set(re.findall(r"(?<!-)--[a-z-]+", out.partition("examples:")[0]))
    assert flags == {f"--{name}" for name in names.split()}
    assert "malt,naive,apgd-ce,apgd-t,autoattack" in out
    assert "(default: what `models` suggests for the model; 0.5 for l2)" in " ".join(out.split())
    examples = out.partition("examples:")[2].replace("\\\n", "").strip().splitlines()
    assert len(examples) >= 3
    for line in examples:
        words = shlex.split(line)
        assert words[:4] == ["python", "-m", "malt_core", "evaluate"]
        args = cli.parse(words[3:])
        assert model_info(args.model)


# Progress ---------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_of_progress_that_goes_away(data, here, tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "90")
    with contextlib.redirect_stderr(terminal), contextlib.redirect_stdout(io.StringIO()):
        assert cli.main(["evaluate", "--data", str(data), *SHORT, "--out", str(tmp_path)]) == 0
    shown = [text.removeprefix("\033[K") for text in terminal.getvalue().split("\r")]
    assert f"Loading {MODEL} …" in shown
    assert "7 images …" in shown
    assert any(
        re.fullmatch(r"4 of 7 images, \d+ s left: \d robust, \d fooled, 1 wrong, 1 corrupt", text)
        for text in shown
    )
    assert shown[-1] == ""
    assert "\n" not in terminal.getvalue()


def test_time_left():
    counts = Counter(robust=1000, fooled=200, wrong=50)
    progress = Progress(done=1250, total=5000, counts=counts)
    done, found = "1,250 of 5,000 images", "1,000 robust, 200 fooled, 50 wrong"
    assert progress_text(progress, 250, 60) == f"{done}, 15 min left: {found}"
    assert progress_text(progress, 0, 60) == f"{done}: {found}"
    assert progress_text(Progress(done=5000, total=5000, counts=counts), 250, 60).endswith("50 wrong")


def test_a_log_gets_a_line_a_minute(monkeypatch, capsys):
    from malt_core.evaluation import run as evaluate

    clock = iter([0, 0, 30, 59, 61, 100, 125])
    monkeypatch.setattr(cli_evaluate.time, "monotonic", lambda: next(clock))
    events = [Progress(done=i, total=9, counts=Counter(robust=i)) for i in range(6)]
    monkeypatch.setattr(evaluate, "evaluate", lambda *_: iter(events))
    monkeypatch.setattr(cli_evaluate, "closing", contextlib.nullcontext)
    cli_evaluate._follow(None, None, None, None, cli_evaluate.Status())
    assert [line[:11] for line in capsys.readouterr().err.splitlines()] == [
        "9 images …",
        "3 of 9 imag",
        "5 of 9 imag",
    ]


# On real data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ["malt", "apgd-ce"])
@pytest.mark.slow
def test_the_shared_cifar_sample(here, tmp_path, attack):
    file = SHARED / "cifar10_test_500.parquet"
    if not file.exists():
        pytest.skip(f"{file.name} is not in ../shared/data")
    words = (
        "--model",
        MODEL,
        "--n",
        "16",
        "--attack",
        attack,
        "--steps",
        "3",
        "--eps",
        "2/255",
        "--precision",
        "float32",
    )
    assert call("--data", str(file), *words, "--out", str(tmp_path))[0] == 0
    report = read_report(tmp_path)
    assert report.clean_accuracy > 0.85
    assert report.robust_accuracy < 0.4
