"""The command `malt site`: a folder or a file that attacks photographs in the reader's own browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from malt_core.cli.options import path, source
from malt_core.cli.terminal import Status
from malt_core.storage.folders import cannot_write, prepare_folder
from malt_core.storage.whole_files import write_whole

HELP = "write a site that attacks photographs in the reader's own browser, for any static host"
DESCRIPTION = (
    "Write a folder that works on any static host, under any path, with no server that computes: the reader "
    "chooses or uploads a photograph, and MALT runs in the browser. Needs pip install 'malt-lab[browser]'."
)


def add_site(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    from malt_core.models.catalogue import DEFAULT_MODEL

    command.description = DESCRIPTION
    command.add_argument("--out", metavar="DIR", type=path, required=True, help="the folder to write into")
    command.add_argument(
        "--model",
        metavar="ID",
        action="append",
        default=[],
        help=f"a network, as `models` lists them; may be given again, the first comes first (default: "
        f"{DEFAULT_MODEL} and tiny-imagenet/robust)",
    )
    command.add_argument(
        "--photo",
        metavar="IMAGE",
        action="append",
        type=source,
        default=[],
        help="a picture file, or gallery:ID; may be given again (default: six of the gallery)",
    )
    command.add_argument(
        "--single-file",
        action="store_true",
        help="write one HTML file, index.html, which opens from the disk by a double click",
    )


def site(args: argparse.Namespace) -> None:
    """Write the site and say where. Raises MaltError."""
    from malt_core.networks import network_info
    from malt_core.portable.onnx_file import need_packages

    need_packages()
    for id in args.model:
        network_info(id)
    prepare_folder(args.out)
    status = Status()
    try:
        from malt_core.portable.site import MODELS, site_files

        files = site_files(
            tuple(dict.fromkeys(args.model)) or MODELS,
            args.photo,
            single_file=args.single_file,
            progress=status.download,
        )
    finally:
        status.show()
    for name, data in files.items():
        _write(args.out / name, data)
    size = sum(map(len, files.values())) / 1e6
    written = args.out / "index.html"
    if args.single_file:
        print(f"Written: {written} ({size:.1f} MB). It opens by a double click.", flush=True)
    else:
        print(
            f"Written: {args.out} ({len(files)} files, {size:.1f} MB). Put it on any static host, or try "
            f"it here: python -m http.server --directory {args.out}",
            flush=True,
        )


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)
    except OSError as error:
        raise cannot_write(file.parent, error) from error
