"""Moving pictures as files: GIF and MP4 to look at, WebP that keeps every colour value."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction

import av
import numpy as np
from PIL import Image


def gif_bytes(frames: Iterable[np.ndarray], per_second: int) -> bytes:
    """Return a GIF that repeats, of frames (H, W, 3) uint8 in one palette of 256 colours.

    A GIF counts hundredths of a second: per_second is rounded to what they allow. Equal frames in a row
    become one that stays longer.
    """
    pictures = [Image.fromarray(frame) for frame in frames]
    palette = pictures[-1].quantize(256, dither=Image.Dither.NONE)
    few = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    return _animated(few, "GIF", duration=10 * round(100 / per_second), disposal=1, optimize=False)


def webp_bytes(frames: Sequence[np.ndarray], per_second: int) -> bytes:
    """Return a lossless WebP that repeats: each frame, (H, W, 3) uint8, decoded is what it was."""
    pictures = [Image.fromarray(frame) for frame in frames]
    duration = [*([round(1000 / per_second)] * (len(pictures) - 1)), 2000]
    return _animated(
        pictures, "WEBP", duration=duration, lossless=True, quality=60, method=4, minimize_size=False
    )


def mp4_bytes(frames: Iterable[np.ndarray], per_second: int) -> bytes:
    """Return an MP4 (H.264, 4:2:0, which every browser plays) of frames (H, W, 3) uint8 with even sides."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=per_second, options={"crf": "16", "preset": "medium"})
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, per_second)
        for frame in frames:
            if not stream.codec_context.is_open:
                stream.height, stream.width = frame.shape[:2]
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(stream.encode())
    return buffer.getvalue()


def _animated(pictures: Sequence[Image.Image], kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    first, *others = pictures
    first.save(buffer, kind, save_all=True, append_images=others, loop=0, **how)
    return buffer.getvalue()
