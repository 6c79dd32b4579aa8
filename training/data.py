"""Labelled images for training, decoded once into one uint8 array on disk.

Three layouts are read:
- parquet shards with the columns image{bytes, path} and label: every *.parquet with "train" in its name is
  trained on, every one with "val" in its name is for validation; NAME_classes.json beside NAME_train*.parquet
  gives the classes as [{"wnid": ..., "name": ...}, ...] or ["name", ...];
- the original tiny-imagenet-200 folder (wnids.txt, words.txt, train/, val/);
- any folder with train/CLASS/*.jpg and val/CLASS/*.jpg.
"""

import hashlib
import io
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from malt_core.datasets.picture_files import left_out_sentence, sort_out
from malt_core.errors import BadConfig
from malt_core.storage.whole_files import whole_file


@dataclass(frozen=True)
class ClassName:
    """name: for people; wnid: WordNet id such as n01443537, or None for classes that have none."""

    name: str
    wnid: str | None


@dataclass(frozen=True)
class Images:
    """pixels: (N, S, S, 3) uint8 RGB; labels: (N,) int64, an index into classes; dataset: its name."""

    pixels: Tensor
    labels: Tensor
    classes: tuple[ClassName, ...]
    dataset: str

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Images":
        """The first `count` of them."""
        return replace(self, pixels=self.pixels[:count], labels=self.labels[:count])

    def to(self, device: torch.device) -> "Images":
        """The same on `device`: 75,000 images of 64x64 take 0.9 GB there."""
        return replace(self, pixels=self.pixels.to(device), labels=self.labels.to(device))


def load_images(folder: Path, split: str, cache: Path, size: int = 64) -> Images:
    """Read one split ("train" or "val") of the data set in `folder`, any of the three layouts above.

    The decoded pixels are kept in `cache` as .npy and mapped into memory, so later calls are instant.
    Images of another size are centre-cropped to a square and resized to `size`.

    Raises BadConfig where the folder holds none of the layouts, or a picture that cannot be read.
    """
    source = _find_source(folder, split)
    key = hashlib.sha256(f"{source.fingerprint} {size}".encode()).hexdigest()[:16]
    pixel_file = cache / f"{split}-{size}-{key}.npy"
    label_file = cache / f"{split}-{size}-{key}-labels.npy"
    if not (pixel_file.exists() and label_file.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        _decode(source, pixel_file, label_file, size)
    try:
        labels, pixels = np.load(label_file), np.load(pixel_file, mmap_mode="r")
    except (ValueError, EOFError, OSError):  # numpy would have it read as a pickle
        raise BadConfig(
            f"{pixel_file} or {label_file.name} is damaged: delete both to have them made anew."
        ) from None
    if labels.size and labels.max() >= len(source.classes):
        raise BadConfig(
            f"{folder} has labels up to {labels.max()}, but names for {len(source.classes)} classes only."
        )
    pixels = np.load(pixel_file, mmap_mode="c")  # copy on write: torch warns about what cannot be written
    return Images(torch.from_numpy(pixels), torch.from_numpy(labels), source.classes, source.dataset)


def load_classes(folder: Path) -> tuple[ClassName, ...]:
    """The classes of the data set in `folder`, in the order of the labels."""
    return _find_source(folder, "train").classes


def load_photos(folder: Path, classes: tuple[ClassName, ...], size: int = 64) -> tuple[Tensor, Tensor]:
    """Photographs named WNID_anything.jpg whose wnid is one of the classes: pixels and labels as in Images.

    Raises BadConfig where there is none.
    """
    index = {c.wnid: i for i, c in enumerate(classes) if c.wnid}
    files = [folder / name for name in sort_out(folder, ".")[0]]
    known = [(p, index[p.name.split("_")[0]]) for p in files if p.name.split("_")[0] in index]
    if not known:
        raise BadConfig(f"{folder} holds no photographs named WNID_NAME.jpg of these classes.")
    pixels = np.stack([_to_square(p.read_bytes(), size) for p, _ in known])
    return torch.from_numpy(pixels), torch.tensor([label for _, label in known])


@dataclass(frozen=True)
class _Source:
    items: Iterable[tuple[str, bytes, int]]
    count: int
    classes: tuple[ClassName, ...]
    dataset: str
    fingerprint: str


def _find_source(folder: Path, split: str) -> _Source:
    if not folder.is_dir():
        raise BadConfig(f"The data folder {folder} does not exist.")
    shards = sorted(p for p in folder.glob("*.parquet") if split in p.name)
    if shards:
        return _parquet_source(folder, shards)
    if (folder / "wnids.txt").exists():
        return _tiny_imagenet_source(folder, split)
    if (folder / split).is_dir():
        return _folder_source(folder, split)
    raise BadConfig(
        f"No {split} images in {folder}: expected parquet files with {split!r} in their names, "
        f"the tiny-imagenet-200 folder, or a folder {split}/CLASS/*.jpg."
    )


def _parquet_source(folder: Path, shards: list[Path]) -> _Source:
    def items() -> Iterable[tuple[str, bytes, int]]:
        for shard in shards:
            for batch in pq.ParquetFile(shard).iter_batches(256, columns=["image", "label"]):
                for row in batch.to_pylist():
                    yield row["image"]["path"], row["image"]["bytes"], row["label"]

    prefix = shards[0].name.split("_train")[0].split("_val")[0]
    names = folder / f"{prefix}_classes.json"
    if not names.exists():
        raise BadConfig(f"{names} is missing: it should list the class names in the order of the labels.")
    entries = json.loads(names.read_text())
    classes = tuple(
        ClassName(e["name"], e.get("wnid")) if isinstance(e, dict) else ClassName(e, None) for e in entries
    )
    count = sum(pq.ParquetFile(s).metadata.num_rows for s in shards)
    return _Source(items(), count, classes, prefix.replace("_", "-"), _stamp(shards))


def _tiny_imagenet_source(folder: Path, split: str) -> _Source:
    wnids = sorted((folder / "wnids.txt").read_text().split())
    words = dict(
        line.split("\t", 1) for line in (folder / "words.txt").read_text().splitlines() if "\t" in line
    )
    classes = tuple(ClassName(words.get(w, w).split(",")[0].strip(), w) for w in wnids)
    index = {wnid: i for i, wnid in enumerate(wnids)}
    if split == "train":
        files = [(p, index[w]) for w in wnids for p in sorted((folder / "train" / w / "images").iterdir())]
    else:
        lines = (folder / "val" / "val_annotations.txt").read_text().splitlines()
        rows = [line.split("\t")[:2] for line in lines if line]
        files = [(folder / "val" / "images" / name, index[wnid]) for name, wnid in rows]
    return _file_source(files, classes, "tiny-imagenet")


def _folder_source(folder: Path, split: str) -> _Source:
    names = sorted(p.name for p in (folder / "train").iterdir() if p.is_dir() and not p.name.startswith("."))
    files, left_out = [], []
    for entry in sorted((folder / split).iterdir()):
        if entry.name not in names:
            left_out.append(f"{entry.name} is no folder of a class in {folder / 'train'}.")
    for i, name in enumerate(names):
        if (folder / split / name).is_dir():
            found, others = sort_out(folder / split, name)
            files += [(folder / split / file, i) for file in found]
            left_out += others
    if left_out:
        print(f"{folder / split}: {left_out_sentence(left_out)}", file=sys.stderr)
    if not files:
        raise BadConfig(f"No images in {folder / split}: expected pictures as {split}/CLASS/*.jpg.")
    return _file_source(files, tuple(ClassName(n.replace("_", " "), None) for n in names), folder.name)


def _file_source(files: list[tuple[Path, int]], classes: tuple[ClassName, ...], dataset: str) -> _Source:
    items = ((str(path), path.read_bytes(), label) for path, label in files)
    return _Source(items, len(files), classes, dataset, _stamp([path for path, _ in files]))


def _stamp(paths: list[Path]) -> str:
    """Changes when a file is added, removed or rewritten."""
    stats = "".join(f"{p.name} {p.stat().st_size} {p.stat().st_mtime_ns}\n" for p in paths)
    return hashlib.sha256(stats.encode()).hexdigest()


def _decode(source: _Source, pixel_file: Path, label_file: Path, size: int) -> None:
    partial = pixel_file.with_suffix(f".partial-{os.getpid()}")
    shape = (source.count, size, size, 3)
    try:
        pixels = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
        labels = np.zeros(source.count, dtype=np.int64)
        progress = tqdm(source.items, total=source.count, desc="decoding", unit="img")
        for i, (name, data, label) in enumerate(progress):
            try:
                pixels[i] = _to_square(data, size)
            except OSError as e:
                raise BadConfig(f"The image {name} cannot be read: replace or remove it.") from e
            labels[i] = label
        pixels.flush()
        with whole_file(label_file) as file:
            np.save(file, labels)
        partial.replace(pixel_file)
    finally:
        partial.unlink(missing_ok=True)


def _to_square(data: bytes, size: int) -> np.ndarray:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    if image.size != (size, size):
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(image)
