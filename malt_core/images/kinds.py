"""What a file is, told by its bytes and never by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif.as_plugin import HeifImageFile

T = TypeVar("T")
ACCEPTED = "PNG, JPEG, HEIC, AVIF, WebP, GIF, BMP or TIFF"
START = 4096  # bytes that are looked at
_READ = (
    "png apng jpg jpeg jpe jfif jfi jif pjpeg pjp heic heics heif heifs hif avif avifs webp gif bmp dib tif "
    "tiff"
)
_REFUSED = (
    "jxl jp2 j2k jpf jpx jpm j2c jpc ico cur icns tga icb vda vst ppm pgm pbm pnm pam pfm svg svgz psd psb "
    "exr hdr dds qoi pcx xcf jxr wdp hdp bpg flif dng cr2 cr3 nef arw orf rw2 raf"
)
EXTENSIONS = frozenset(f"{_READ} {_REFUSED}".split())
"""What names of pictures end in, in small letters, whether such pictures are read or refused."""


@dataclass(frozen=True)
class Kind:
    """What a file is.

    reader: Pillow's for the kinds that are read, None for all others. words: what it is and what to do, for
    "NAME is ..."; "" for those that are read. picture: whether it is one at all.
    """

    reader: type[ImageFile] | None = None
    words: str = ""
    picture: bool = True


# The readers are called directly: Image.open would also try other formats, and it warns of large pictures
# through Python's warning filters, which all threads share.
_READERS: tuple[tuple[bytes, type[ImageFile]], ...] = (
    (rb"\x89PNG\r\n\x1a\n", PngImageFile),
    (rb"\xff\xd8\xff", JpegImageFile),
    (rb"RIFF....WEBP", WebPImageFile),
    (rb"GIF8[79]a", GifImageFile),
    (rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", BmpImageFile),  # texts begin with BM as well
    (rb"II[*+]\0|MM\0[*+]", TiffImageFile),
)
_AS_PNG = "Save it as PNG or JPEG and try again"
_AS_JPEG = "Export it as JPEG and try again"
# Begin as files do that are read.
_LOOKALIKES = (
    (rb"II[*+]\0.{4}CR", f"a Canon raw photo. {_AS_JPEG}"),
    (rb"\xff\xd8\xff\xf7", f"a JPEG-LS picture. {_AS_PNG}"),
)
_PICTURES = (
    (rb"IIU\0|IIR[OS]|MMOR|FUJIFILMCCD-RAW", f"a camera's raw photo. {_AS_JPEG}"),
    (rb"....ftypcrx ", f"a Canon raw photo. {_AS_JPEG}"),
    (rb"P[1-6]\s|P7\s|P[Ff]\s", f"a PPM, PGM or PBM picture. {_AS_PNG}"),
    (rb"\0\0\0\x0cjP..\r\n\x87\n|\xff\x4f\xff\x51", f"a JPEG 2000 picture. {_AS_PNG}"),
    (rb"\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a", f"a JPEG XL picture. {_AS_PNG}"),
    (rb"II\xbc[\x01\x02]", f"a JPEG XR picture. {_AS_PNG}"),
    (rb"\0\0[\x01\x02]\0[^\0]\0.{3}\0", f"an ICO icon or cursor. {_AS_PNG}"),
    (rb"icns", f"an icon of macOS (ICNS). {_AS_PNG}"),
    (rb"8BPS\0", f"a Photoshop picture. {_AS_PNG}"),
    (rb"gimp xcf", f"a GIMP picture (XCF). {_AS_PNG}"),
    (rb"\x76\x2f\x31\x01", f"an OpenEXR picture. {_AS_PNG}"),
    (rb"#\?(RADIANCE|RGBE)", f"a Radiance HDR picture. {_AS_PNG}"),
    (rb"DDS \x7c", f"a DDS texture. {_AS_PNG}"),
    (rb"qoif", f"a QOI picture. {_AS_PNG}"),
    (rb"BPG\xfb", f"a BPG picture. {_AS_PNG}"),
    (rb"FLIF[1-T]", f"a FLIF picture. {_AS_PNG}"),
    (rb"\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]", f"a PCX picture. {_AS_PNG}"),
    (rb"farbfeld", f"a farbfeld picture. {_AS_PNG}"),
    (rb"/\* XPM \*/|#define \w+_width \d", f"an XPM or XBM picture. {_AS_PNG}"),
    (rb"SIMPLE  =", f"a FITS picture. {_AS_PNG}"),
    (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", f"a Windows metafile, a drawing. {_AS_PNG}"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript drawing, which has no pixels. Export it as PNG and try again"),
    (rb".{128}DICM", f"a DICOM picture. {_AS_PNG}"),
)
_OTHERS = (
    (rb"%PDF", "a PDF document. Export the page as PNG and try again"),
    (rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ|BZh", "an archive. Unpack the picture first"),
    (rb"\x93NUMPY", "a NumPy array. Save it as PNG and try again"),
    (rb"PAR1", "a parquet file: a data set, and no single picture"),
    (rb"\x1a\x45\xdf\xa3|RIFF....AVI |\0\0\x01\xba|OggS", "a video. Save a single frame of it as PNG"),
)
_SVG = re.compile(r"\s*<[^>]*\bsvg\b|\s*<(\?xml|!--).*<(\w+:)?svg\b", re.DOTALL | re.IGNORECASE)
_HTML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(?>(?><!--.*?-->)\s*)*<(!doctype )?html", re.DOTALL | re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_NOTHING = Kind(words="no picture, whatever its name", picture=False)


def kind_of(data: bytes) -> Kind:
    """Return what a file is that begins with these bytes; START of them tell nearly all kinds."""
    start = data[:START]
    words = _first(_LOOKALIKES, start)
    if words is None:
        reader = _first(_READERS, start)
        if reader is not None:
            return Kind(reader)
        words = _first(_PICTURES, start)
    if words is not None:
        return Kind(words=words)
    if words := _first(_OTHERS, start):
        return Kind(words=words, picture=False)
    tga = Kind(words=f"a TGA picture. {_AS_PNG}") if _is_tga(data) else None
    return _media(start) or _text(start) or tga or _NOTHING


def _first(table: Iterable[tuple[bytes, T]], start: bytes) -> T | None:
    return next((found for magic, found in table if re.match(magic, start, re.DOTALL)), None)


def _media(start: bytes) -> Kind | None:
    """Return the kind of a file of boxes, as AVIF, HEIC and MP4 are: its brands tell, not only the first."""
    if start[4:8] != b"ftyp":
        return None
    end = min(len(start), max(16, int.from_bytes(start[:4], "big")))
    major, brands = start[8:12], {start[at : at + 4] for at in (8, *range(16, end - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return Kind(AvifImageFile)
    if brands & _HEIC_BRANDS:
        return Kind(HeifImageFile)
    if major in (b"mif1", b"msf1", b"mif2", b"miaf", b"mif3"):
        return Kind(words=f"a HEIF picture of a rare kind. {_AS_PNG}")
    words = "a video or another kind of media file. Save a single frame of it as PNG"
    return Kind(words=words, picture=False)


def _text(start: bytes) -> Kind | None:
    """Return the kind of a drawing or a page, in UTF-8 or UTF-16, with a byte-order mark or without."""
    mark, encoding = next(((m, e) for m, e in _BOMS if start.startswith(m)), (b"", "latin-1"))
    if not mark and start[:4] in (b"<\0?\0", b"<\0s\0"):
        encoding = "utf-16-le"
    text = start[len(mark) :].decode(encoding, "replace").lstrip("\ufeff\0")
    if _HTML.match(text):
        return Kind(words="a web page. Save the picture itself, not the page that shows it", picture=False)
    if _SVG.match(text):
        return Kind(words="an SVG drawing, which has no pixels. Export it as PNG and try again")
    return None


def _is_tga(data: bytes) -> bool:
    """TGA has no magic bytes at its beginning: the later version has some at its end, the earlier none."""
    if data[-18:] == b"TRUEVISION-XFILE.\0":
        return True
    if len(data) < 19:
        return False
    palette, kind, bits, descriptor = data[1], data[2], data[16], data[17]
    width, height = int.from_bytes(data[12:14], "little"), int.from_bytes(data[14:16], "little")
    sound = palette == (kind in (1, 9)) and kind in (1, 2, 3, 9, 10, 11) and descriptor & 0xC0 == 0
    return sound and bits in (8, 15, 16, 24, 32) and 0 < width <= 16384 and 0 < height <= 16384
