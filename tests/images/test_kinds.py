"""What a file is, by its bytes: pictures that are read, pictures of other kinds, and what is none."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from pillow_heif.as_plugin import HeifImageFile

from malt_core.errors import BadImage
from malt_core.images.decoding import decode
from malt_core.images.kinds import kind_of


def encoded(fmt: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (9, 7)).save(file, fmt, **options)
    return file.getvalue()


def boxes(major: bytes, *compatible: bytes) -> bytes:
    """The beginning of a file of boxes with these brands."""
    size = 16 + 4 * len(compatible)
    return size.to_bytes(4, "big") + b"ftyp" + major + bytes(4) + b"".join(compatible) + bytes(99)


OLD_TGA = bytes((0, 0, 2)) + bytes(9) + bytes((9, 0, 9, 0, 24, 0)) + bytes(9 * 9 * 3)
SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF"])
def test_what_is_read(fmt):
    kind = kind_of(encoded(fmt))
    assert (kind.reader is not None) == (fmt != "DIB")  # which is a BMP without its beginning
    assert kind.picture == (fmt != "DIB")


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (boxes(b"avif", b"mif1"), AvifImageFile),
        (boxes(b"mif1", b"mif1", b"avif", b"miaf"), AvifImageFile),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(99), AvifImageFile),
        (boxes(b"msf1", b"avis"), AvifImageFile),
        (boxes(b"heic", b"mif1"), HeifImageFile),
        (boxes(b"mif1", b"mif1", b"heic"), HeifImageFile),
    ],
)
def test_the_brands_of_a_file_of_boxes_tell_who_reads_it(data, reader):
    assert kind_of(data).reader is reader
    with pytest.raises(BadImage, match="photo is damaged, incomplete or of a rare kind"):
        decode(data, "photo")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encoded("PPM"), "PPM"),
        (encoded("PPM", "L"), "PGM"),
        (encoded("PPM", "1"), "PBM"),
        (b"P3\n1 1\n255\n1 2 3\n", "PPM"),
        (b"P7\nWIDTH 1\n", "PPM"),
        (encoded("JPEG2000"), "JPEG 2000"),
        (encoded("JPEG2000", no_jp2=True), "JPEG 2000"),
        (b"\xff\x0a" + bytes(50), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "JPEG XL"),
        (encoded("ICO"), "ICO"),
        (b"\0\0\2\0\1\0\x10\x10\0\0" + bytes(50), "cursor"),
        (encoded("TGA"), "TGA"),
        (encoded("TGA", compression="tga_rle"), "TGA"),
        (OLD_TGA, "TGA"),
        (encoded("PCX"), "PCX"),
        (encoded("ICNS"), "ICNS"),
        (encoded("DDS"), "DDS"),
        (boxes(b"mif1", b"mif1"), "a HEIF"),
        (boxes(b"crx ", b"isom"), "raw photo"),
        (b"II*\0\x10\0\0\0CR\2\0", "raw photo"),
        (b"8BPS\0\1", "Photoshop"),
        (SVG.encode(), "SVG"),
        (b"\xef\xbb\xbf" + SVG.encode(), "SVG"),
        (b"\xef\xbb\xbf" + b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"\xff\xfe" + SVG.encode("utf-16-le"), "SVG"),
        (b"\xfe\xff" + SVG.encode("utf-16-be"), "SVG"),
        (b"\n  <!-- drawn " + b"by hand " * 200 + b"-->\n<SVG/>", "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
    ],
)
def test_pictures_of_other_kinds_are_called_what_they_are(data, words):
    assert words in kind_of(data).words
    assert kind_of(data).picture
    with pytest.raises(BadImage, match=rf"photo is .*{words}.* Pictures can be PNG, JPEG") as error:
        decode(data, "photo")
    assert "no picture" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Dear diary, this is no picture.", "no picture, whatever its name"),
        (b"BMW drivers and their habits, in a text", "no picture, whatever its name"),
        (bytes(5000), "no picture, whatever its name"),
        (bytes(range(256)), "no picture, whatever its name"),
        (b"\xef\xbb\xbfpath,label\na.png,3\n", "no picture, whatever its name"),
        (b"<?xml version='1.0'?><annotation/>", "no picture, whatever its name"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><svg/></html>", "web page"),
        (b"<!-- saved --><html lang='en'>", "web page"),
        (boxes(b"mp42", b"isom"), "video"),
        (boxes(b"qt  "), "video"),
        (b"PK\x03\x04", "archive"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x93NUMPY\1\0", "NumPy"),
        (b"PAR1", "parquet"),
    ],
)
def test_what_is_no_picture(data, words):
    kind = kind_of(data)
    assert words in kind.words
    assert not kind.picture
    with pytest.raises(BadImage, match=words):
        decode(data, "photo.png")


def test_a_page_of_comments_takes_no_time():
    start = time.perf_counter()
    assert not kind_of(b"<!---->" * 600).picture
    assert time.perf_counter() - start < 1
