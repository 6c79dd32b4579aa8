"""Reading picture files that people upload: every common kind, and nothing that could harm the server."""

from __future__ import annotations

import contextlib
import io
import threading

import numpy as np
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from malt_core.errors import BadImage
from malt_core.images.kinds import ACCEPTED, kind_of

MAX_BYTES, MAX_PIXELS = 30_000_000, 50_000_000
JPEG_BYTES, JPEG_PIXELS = 60_000_000, 200_000_000
"""JPEGs may be larger than all other kinds: they alone can be decoded at a fraction of their size."""

# Models look at a few hundred pixels a side; a JPEG decoder can leave out detail beyond this many for free.
_DRAFT_SIDE = 2048
# Progressive JPEGs have about ten scans. Each costs a pass over the whole picture but may take only a few
# dozen bytes of the file, so thousands of them would keep a processor busy for hours.
_MAX_SCANS = 100
# A progressive JPEG of 200 megapixels takes up to 1.2 GB while it is decoded: one at a time.
_LARGE = threading.Lock()

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, name: str, *, as_stored: bool = False) -> Image.Image:
    """Read a picture file: 8-bit RGB, upright, without metadata.

    Of an animation the first frame is read, of several pictures in one HEIC file the main one. Transparency
    is laid on white; 16-bit grey is scaled, not cut off; 32-bit grey is read on the scale 0-1 (floats),
    0-255 or 0-65535 that holds its values. Colour profiles are not applied, as in the data sets that the
    models were trained on. A JPEG with both sides over 4096 pixels, or of more than MAX_PIXELS, comes at a
    half, a quarter or an eighth of its size.

    name: the file's name, for messages. as_stored: as evaluations of data sets read files: in full size, not
    turned upright (but for HEIC, which always is), transparency dropped.
    Raises BadImage for anything but a sound file of a kind in ACCEPTED of at most MAX_BYTES bytes and
    MAX_PIXELS pixels; JPEG_BYTES and, unless as_stored, JPEG_PIXELS for a JPEG. The size is known from the
    header, before any pixel is decoded.
    """
    if not data:
        raise BadImage(f"{name} is empty (0 bytes): it was probably not saved or uploaded completely.")
    image = _open(data, name)
    reducible = isinstance(image, JpegImageFile) and not as_stored
    pixels = image.width * image.height
    if pixels > (JPEG_PIXELS if reducible else MAX_PIXELS):
        raise _too_many_pixels(name, f"{image.width:,} × {image.height:,} pixels")
    if pixels > MAX_PIXELS:
        _check_scans(data, name, most=_MAX_SCANS * MAX_PIXELS // pixels)
    try:
        with _LARGE if pixels > MAX_PIXELS else contextlib.nullcontext():
            if reducible:
                image.draft(None, _reduced(image.size))
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
        raise _damaged(name) from error
    if as_stored and not image.mode.startswith(("I", "F")):
        rgb = image.convert("RGB")
        rgb.info.clear()
        return rgb
    rgb = to_rgb(image, name)
    return rgb if as_stored else _upright(rgb, image)


def _open(data: bytes, name: str) -> ImageFile:
    """Read the header only."""
    kind = kind_of(data)
    reader = kind.reader
    if len(data) > (JPEG_BYTES if reader is JpegImageFile else MAX_BYTES):
        raise too_many_bytes(name, f"{len(data) / 1e6:.1f} MB")
    if reader is None:
        raise BadImage(f"{name} is {kind.words}. Pictures can be {ACCEPTED} files.")
    if reader is JpegImageFile:
        _check_scans(data, name, most=_MAX_SCANS)
    try:
        return reader(io.BytesIO(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, "far too large") from error
    except Exception as error:  # as above
        raise _damaged(name) from error


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """Return the smallest size that a JPEG has to come in: of MAX_PIXELS at most, however long it is."""
    factor = next(n for n in (1, 2, 4, 8) if size[0] * size[1] <= n * n * MAX_PIXELS)
    return min(_DRAFT_SIDE, size[0] // factor), min(_DRAFT_SIDE, size[1] // factor)


def _check_scans(data: bytes, name: str, *, most: int) -> None:
    if data.count(b"\xff\xda\0") > most:
        raise BadImage(f"{name} is a JPEG of over {most} scans, which no camera writes. Save it anew as PNG.")


def too_many_bytes(name: str, size: str) -> BadImage:
    """Return the error for a file that is too long. size: for people."""
    limits = f"{JPEG_BYTES / 1e6:.0f} MB for a JPEG, {MAX_BYTES / 1e6:.0f} MB for all other kinds"
    return BadImage(f"{name} has {size}; the limit is {limits}. Save a smaller copy.")


def _too_many_pixels(name: str, size: str) -> BadImage:
    limits = f"{MAX_PIXELS / 1e6:.0f} million pixels in all ({JPEG_PIXELS / 1e6:.0f} million for a JPEG)"
    return BadImage(
        f"{name} is {size}; the limit is {limits}. Scale it down first: "
        "the model looks at a few hundred pixels a side anyway."
    )


def _damaged(name: str) -> BadImage:
    return BadImage(
        f"{name} is damaged, incomplete or of a rare kind. Save it anew as PNG in a picture viewer."
    )


def _upright(image: Image.Image, source: Image.Image) -> Image.Image:
    """Turn `image` as the EXIF orientation of the file it was read from says."""
    try:
        orientation = source.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged metadata is no reason to refuse a sound picture
        return image
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def to_rgb(image: Image.Image, name: str) -> Image.Image:
    """A copy in 8-bit RGB, transparency on white, without metadata."""
    if image.mode.startswith(("I", "F")):
        image = _grey_8bit(image, name)
    if image.has_transparency_data:
        if image.mode == "La":  # grey that is multiplied by its transparency; Pillow knows one way out of it
            image = image.convert("LA")
        picture = image if image.mode == "RGBA" else image.convert("RGBA")
        canvas = Image.new("RGB", picture.size, "white")
        canvas.paste(picture, (0, 0), picture)
        return canvas
    rgb = image.convert("RGB")
    rgb.info.clear()
    return rgb


def _grey_8bit(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 65535):
        raise BadImage(
            f"{name} holds grey values from {low:g} to {high:g}; expected 0 to 1, 0 to 255 or 0 to 65535. "
            "Save it as an 8-bit PNG and try again."
        )
    if image.mode.startswith("I;16"):
        white = 65535
    elif image.mode == "F" and high <= 1:
        white = 1
    else:
        white = 255 if high <= 255 else 65535
    scaled = np.multiply(values, 255 / white, dtype=np.float32)
    return Image.fromarray(np.rint(scaled, out=scaled).astype(np.uint8))
