"""Data sets as public data hubs write them."""

import io
from collections.abc import Container, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from torch import Tensor


def png(x: Tensor) -> bytes:
    """The file of an 8-bit image (3, H, W) in [0, 1]."""
    file = io.BytesIO()
    Image.fromarray((x * 255).round().byte().permute(1, 2, 0).numpy()).save(file, "PNG")
    return file.getvalue()


def write(path: Path, x: Tensor, labels: Iterable[int], *, damaged: Container[int] = ()) -> Path:
    """Write images (N, 3, H, W) and their labels to a parquet file, and return its path."""
    rows = [
        {"image": {"bytes": png(pixels)[: 20 if i in damaged else None], "path": None}, "label": int(label)}
        for i, (pixels, label) in enumerate(zip(x, labels, strict=True))
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path
