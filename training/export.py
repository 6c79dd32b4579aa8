"""Turn a finished run into what the app ships: python -m training.export --checkpoint FILE --to DIR.

Writes NAME.safetensors (float16), NAME.json and NAME.md (the model card with the weights' SHA-256) and
DATASET_classes.json (name and wnid of every class, in the order of the labels); NAME is DATASET-RECIPE.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import torch as safetensors

from malt_core.cli.options import path
from malt_core.errors import BadConfig, MaltError
from malt_core.storage.whole_files import write_together
from training import card, checkpoint
from training.data import load_classes


def export(path: Path, folder: Path, data: Path) -> Path:
    """Write the averaged network of the checkpoint `path`, with its card, into `folder`.

    All files are written, or, where one fails, none. Raises BadConfig where the run is not finished (its card
    is written at the end), OSError where nothing can be written.
    """
    if not path.with_name("card.json").exists():
        raise BadConfig(f"There is no card beside {path}: the run is not finished. Go on with --resume.")
    written = card.read(path.with_name("card.json"))
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{written.dataset}-{written.recipe}"
    state = checkpoint.load_average(path).state_dict()
    weights = safetensors.save({k: _half(v) for k, v in state.items()})
    described = replace(written, sha256=hashlib.sha256(weights).hexdigest())
    names = [asdict(c) for c in load_classes(data)]
    write_together(
        folder,
        {
            f"{name}.safetensors": weights,
            f"{written.dataset}_classes.json": json.dumps(names, indent=1) + "\n",
            **card.contents(described, f"{name}.json"),
        },
        last=f"{name}.json",
    )
    return folder / f"{name}.safetensors"


def _half(tensor: torch.Tensor) -> torch.Tensor:
    """Contiguous, and float16 where it is floating point."""
    return tensor.to(torch.float16 if tensor.is_floating_point() else tensor.dtype).contiguous()


def main(argv: list[str] | None = None) -> int:
    """Export as the command line says; 2 after a mistake in it."""
    p = argparse.ArgumentParser(prog="python -m training.export", description="Export a finished run.")
    p.add_argument("--checkpoint", type=path, required=True, help="checkpoint.pt of a finished run")
    p.add_argument(
        "--data", type=path, required=True, help="the data that it was trained on, for class names"
    )
    p.add_argument("--to", type=path, required=True, help="folder to write to, such as assets/models")
    args = p.parse_args(argv)
    try:
        weights = export(args.checkpoint, args.to, args.data)
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    except OSError as e:
        print(f"error: {args.to} is as it was: {e}", file=sys.stderr)
        return 2
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
