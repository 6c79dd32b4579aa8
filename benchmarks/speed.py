"""MALT against AutoAttack and others: time, passes, memory and robust accuracy, side by side in one run.

    python -m benchmarks.speed --model ID --data DATA --out DIR [--n 200] [--eps 4/255]
        [--only malt,published,autoattack] [--steps 100] [--batch-size 64] [--no-bf16] [--resume]

DATA is what `python -m malt_core evaluate` takes: a parquet file, a folder, or a data set's name. Every
attack (linf) gets the first n of its images that the network classifies correctly, all in one call, and the
network as load_model returns it, in a fresh process. What it returns is judged here, in float32: inside the
ball, inside [0, 1], misclassified. DIR gets results.json, written anew after each attack, and results.md.
--resume keeps what results.json holds already, if the settings and the machine are the same.

published         MALT after its authors' code (published.py)
autoattack        pyautoattack's standard ensemble with that batch size; apgd-t: its targeted APGD alone
torchattacks      its APGDT with nine targets, and foolbox: its PGD, where they are installed (others.py)
malt              ours; malt-float32: without bfloat16; malt-faithful: ours with the whole published budget

The floor ("bare" in the table) is what an attack's forward and backward passes cost with nothing around
them, measured while it runs (floor.py); time over floor is its overhead. --steps holds for all but
autoattack. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from benchmarks import others, table
from benchmarks.attacks import ATTACKS, Settings
from benchmarks.common import LeftTheBall, arguments, judge, network, right_images
from benchmarks.progress import clock
from benchmarks.worker import AttackFailed, in_fresh_process, save_images
from malt_core.cli.options import by_flag
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig, MaltError
from malt_core.storage.versions import versions
from malt_core.storage.whole_files import write_together
from malt_core.types import check_count

DEFAULT_ONLY = [name for name in ATTACKS if name != "apgd-t"]  # a part of autoattack


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = arguments("python -m benchmarks.speed", __doc__)
    parser.add_argument("--n", type=int, default=200, help="correctly classified images (default: 200)")
    parser.add_argument("--only", metavar="A,B,…", help=f"of {', '.join(ATTACKS)}; default: all but apgd-t")
    parser.add_argument("--steps", type=int, default=100, help="a target (default: 100)")
    parser.add_argument("--batch-size", type=int, default=64, help="images a pass (default: 64)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="keep the attacks that results.json holds")
    return parser.parse_args(argv)


def _settings(args: argparse.Namespace) -> Settings:
    """Return what was typed. Raises BadConfig where it is out of range."""
    eps = Epsilon.parse(args.eps).value
    check_count("--n", args.n, 1, 1_000_000)
    check_count("--steps", args.steps, 1, 10_000)
    check_count("--batch-size", args.batch_size, 1, 1_000_000)
    return Settings(
        eps=eps, steps=args.steps, seed=args.seed, batch_size=args.batch_size, bf16=not args.no_bf16
    )


def _chosen(args: argparse.Namespace) -> list[str]:
    """Return the names of the attacks to run, in the order of ATTACKS. Raises BadConfig for unknown ones."""
    names = args.only.split(",") if args.only else list(DEFAULT_ONLY)
    unknown = [name for name in names if name not in ATTACKS]
    if unknown:
        raise BadConfig(f"--only: there is no attack {unknown[0]!r}; choose from {', '.join(ATTACKS)}.")
    if args.no_bf16 and not args.only:
        names.remove("malt-float32")  # then the same as malt
    return [name for name in ATTACKS if name in names]


def machine() -> dict[str, Any]:
    """Return what the times were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "processor": next(named, platform.processor() or platform.machine()),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _begin(args: argparse.Namespace, asked: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return the results to add to: those of the file with --resume, else none.

    Raises BadConfig where the file holds other settings, or times of another machine or software.
    """
    fresh = {
        "format": "malt-lab-speed",
        "format_version": 1,
        "settings": asked,
        "machine": machine(),
        "attacks": {},
        "skipped": {},
    }
    if not args.resume or not file.exists():
        return fresh
    old = json.loads(file.read_text(encoding="utf-8"))
    differs = [name for name, value in asked.items() if old["settings"].get(name) != value]
    differs += ["machine"] if old["machine"] != fresh["machine"] else []
    if differs:
        raise BadConfig(
            f"{file} was measured with another {differs[0].replace('_', ' ')}: "
            "choose another --out, or leave out --resume to begin anew."
        )
    return fresh | {"attacks": old["attacks"]}


def _save(results: dict[str, Any], folder: Path) -> None:
    text = json.dumps(results, indent=1) + "\n"
    write_together(folder, {"results.json": text, "results.md": table.markdown(results)})


def compare(args: argparse.Namespace) -> dict[str, Any]:
    """Run the attacks that are asked for and return the results. Raises MaltError for mistakes in `args`."""
    settings, names = _settings(args), _chosen(args)
    model = network(args.model)
    x, y, places = right_images(model, args.data, args.n)
    # The same whether it was just made or read back from JSON.
    asked = {
        "model": args.model,
        "data": Path(args.data).name,
        "n": args.n,
        **asdict(settings),
        "images": places,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    results = _begin(args, asked, args.out / "results.json")
    print(f"{len(places)} correctly classified images, {args.model}, linf, eps {args.eps}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images.pt"
        save_images(x, y, images)
        for name in names:
            if name in results["attacks"]:
                continue
            package = ATTACKS[name].package
            if package and (reason := others.missing(package)):
                results["skipped"][name] = reason
                print(f"{name}: skipped, {reason}", flush=True)
                continue
            try:
                adversarial, cost = in_fresh_process(name, args.model, images, settings, Path(scratch))
                fooled = judge(model, x, adversarial, y, "linf", settings.eps)
            except (AttackFailed, LeftTheBall) as error:
                results["skipped"][name] = f"failed: {error}"
                print(f"{name}: failed, {error}", flush=True)
                continue
            robust = [place for place, fell in zip(places, fooled.tolist(), strict=True) if not fell]
            results["attacks"][name] = cost | {"robust_accuracy": len(robust) / len(places), "robust": robust}
            print(f"{name}: {clock(cost['seconds'])}, {len(robust)} of {len(places)} robust", flush=True)
            _save(results, args.out)
    _save(results, args.out)
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: 0, 2 for a mistake in it, 130 where it was interrupted."""
    args = _arguments(sys.argv[1:] if argv is None else argv)
    try:
        results = compare(args)
    except MaltError as error:
        print(f"benchmarks.speed: {by_flag(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbenchmarks.speed: interrupted; --resume goes on", file=sys.stderr)
        return 130
    print("\n" + table.markdown(results), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
