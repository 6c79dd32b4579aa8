"""The command `malt export-onnx`: a network with its input gradient as one file for a browser."""

from __future__ import annotations

import argparse
import json

from malt_core.cli.options import load_on, path
from malt_core.cli.own_model import add_own
from malt_core.cli.terminal import Status

HELP = "write a network with its input gradient as one ONNX file, for a browser"
DESCRIPTION = (
    "Write a network with its input gradient as one ONNX file: inputs image and weights, outputs logits and "
    "the gradient of their weighted sum in the image. Weights are rounded to float16 in the file; all is "
    "computed in float32. The file is compared with the network before it is written. Needs pip install "
    "'malt-lab[browser]'."
)


def add_export_onnx(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    command.add_argument(
        "model", metavar="MODEL", help="a network, as `models` lists them, or file:PATH with --arch"
    )
    add_own(command)
    command.add_argument(
        "--out", metavar="FILE", type=path, required=True, help="the file; one of that name is replaced"
    )
    command.add_argument("--json", action="store_true", help="print JSON instead of a sentence")


def export_onnx(args: argparse.Namespace) -> None:
    """Write the file and say how well it agrees with the network. Raises MaltError."""
    from malt_core.networks import network_info
    from malt_core.portable.onnx_file import need_packages

    need_packages()
    info, args.device = network_info(args.model), "cpu"
    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        model = load_on(args, status)
        from malt_core.portable.export import export_gradient

        status.show(f"Tracing {info.id} and its gradient …")
        found = export_gradient(model, args.out, shape=(3, *info.size))
    finally:
        status.show()
    size = args.out.stat().st_size
    if args.json:
        print(json.dumps({"file": str(args.out), "bytes": size, **vars(found)}, indent=2), flush=True)
        return
    print(
        f"Written: {args.out} ({size / 1e6:.1f} MB). Over ten images its logits differ by at most "
        f"{found.logits:.1g} of their range from the network's with the same rounded weights; the cosine of "
        f"the gradients is {found.median_cosine:.6f} in the median, {found.smallest_cosine:.6f} at least.",
        flush=True,
    )
