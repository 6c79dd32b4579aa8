"""The command `malt site`: a folder or a file that attacks photographs in the reader's own browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from malt_core.cli.options import path, source
from malt_core.cli.own_model import add_own, settle
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
        dest="models",
        action="append",
        default=[],
        help="a network, as `models` lists them, or file:PATH with --arch; may be given again, the first "
        f"comes first (default: {DEFAULT_MODEL} and tiny-imagenet/robust)",
    )
    add_own(command)
    command.add_argument(
        "--photo",
        metavar="IMAGE",
        action="append",
        type=source,
        default=[],
        help="a picture file, or gallery:ID; may be given again "
        "(default: three of the gallery that anybody may publish)",
    )
    command.add_argument(
        "--single-file",
        action="store_true",
        help="write one HTML file, index.html, which opens from the disk by a double click",
    )


def site(args: argparse.Namespace) -> None:
    """Write the site and say where. Raises MaltError."""
    from malt_core.portable.onnx_file import need_packages

    need_packages()
    models = tuple(dict.fromkeys(_id(args, model) for model in args.models))
    prepare_folder(args.out)
    status = Status()
    try:
        from malt_core.portable.site import MODELS, site_files

        files = site_files(
            models or MODELS,
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


def _id(args: argparse.Namespace, model: str) -> str:
    """Return the whole id of a network, looked at if it is one's own. Raises BadConfig for an unknown one."""
    from malt_core.models.providers.uploaded import START
    from malt_core.networks import network_info

    if START in model:
        one = argparse.Namespace(**{**vars(args), "model": model})
        settle(one)
        return one.model
    return network_info(model).id


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)
    except OSError as error:
        raise cannot_write(file.parent, error) from error
