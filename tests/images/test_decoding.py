"""decode: every kind of file that people upload, and every one that they should not."""

import contextlib
import io
import struct
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from pillow_heif import from_pillow

from malt_core.errors import BadImage
from malt_core.images import decoding
from malt_core.images.decoding import JPEG_BYTES, JPEG_PIXELS, MAX_BYTES, MAX_PIXELS, decode
from malt_core.images.kinds import ACCEPTED

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, fmt: str, **options) -> bytes:
    buffer = io.BytesIO()
    if fmt == "HEIF":
        from_pillow(image).save(buffer, **options)
    elif fmt == "AVIF":
        image.save(buffer, fmt, **{"speed": 10, **options})
    else:
        image.save(buffer, fmt, **options)
    return buffer.getvalue()


def quadrants(width: int = 32, height: int = 16) -> Image.Image:
    """Red at the start of the first row, blue at its end, white elsewhere."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(BLUE, (width // 2, 0, width, height // 2))
    return image


def assert_close(pixel, expected, tolerance=6):
    assert np.abs(np.subtract(pixel, expected)).max() <= tolerance, (pixel, expected)


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG file written by hand."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# --- what is read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_is_read(fmt):
    image = decode(encoded(quadrants(), fmt), "photo")
    assert image.mode == "RGB"
    assert image.size == (32, 16)
    assert_close(image.getpixel((4, 4)), RED)
    assert_close(image.getpixel((28, 4)), BLUE)
    assert_close(image.getpixel((4, 12)), WHITE)


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_first_frame_of_an_animation(fmt):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE, WHITE)]
    data = encoded(frames[0], fmt, save_all=True, append_images=frames[1:])
    assert_close(decode(data, "animation").getpixel((3, 3)), RED)


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (0, 0, 0, 64)), ("LA", (0, 64))])
@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_alpha_is_laid_on_white(mode, colour, fmt):
    assert_close(decode(encoded(Image.new(mode, (4, 4), colour), fmt), "a").getpixel((0, 0)), (191,) * 3, 1)


def test_palette_with_transparency():
    palette = Image.new("P", (3, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255, 0, 0, 0])
    palette.putdata([0, 1, 2])
    per_entry = decode(encoded(palette, "PNG", transparency=bytes([255, 0, 128])), "a.png")
    assert [per_entry.getpixel((i, 0)) for i in range(3)] == [RED, WHITE, (127, 127, 127)]
    one_entry = decode(encoded(palette, "GIF", transparency=1), "a.gif")
    assert [one_entry.getpixel((i, 0)) for i in range(3)] == [RED, WHITE, (0, 0, 0)]


@pytest.mark.parametrize(("mode", "key"), [("L", 0), ("RGB", (0, 0, 0)), ("1", 0)])
def test_transparent_colour_key(mode, key):
    assert decode(encoded(Image.new(mode, (2, 2)), "PNG", transparency=key), "a").getpixel((0, 0)) == WHITE


@pytest.mark.parametrize("fmt", ["JPEG", "TIFF"])
def test_cmyk(fmt):
    magenta_ink = Image.new("CMYK", (8, 8), (0, 255, 0, 0))
    assert_close(decode(encoded(magenta_ink, fmt), "print").getpixel((4, 4)), (255, 0, 255))


def test_ycbcr_tiff():
    assert_close(decode(encoded(quadrants().convert("YCbCr"), "TIFF"), "a").getpixel((4, 4)), RED)


def test_one_bit():
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert np.asarray(decode(encoded(image, "PNG"), "fax"))[0].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled(fmt):
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    pixels = np.asarray(decode(encoded(Image.fromarray(values), fmt), "scan"))
    assert (pixels == np.arange(256).reshape(16, 16, 1)).all()


def test_16_bit_grey_big_endian_tiff():
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    big = Image.frombytes("I;16B", (16, 16), values.astype(">u2").tobytes())
    assert (np.asarray(decode(encoded(big, "TIFF"), "scan")) == np.arange(256).reshape(16, 16, 1)).all()


def test_16_bit_colour():
    row = b"\0" + np.array([0, 128 * 257, 65535], ">u2").tobytes()
    assert decode(png(1, 1, 16, 2, row), "scan").getpixel((0, 0)) == (0, 128, 255)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([[0, 0.5, 1]]), [0, 128, 255]),
        (np.float32([[0, 100, 255]]), [0, 100, 255]),
        (np.float32([[0, 25700, 65535]]), [0, 100, 255]),
        (np.int32([[0, 100, 255]]), [0, 100, 255]),
        (np.int32([[0, 25700, 65535]]), [0, 100, 255]),
    ],
)
def test_32_bit_grey(values, expected):
    pixels = np.asarray(decode(encoded(Image.fromarray(values), "TIFF"), "scan"))
    assert pixels[0, :, 0].tolist() == expected


@pytest.mark.parametrize("values", [np.float32([[0, np.nan]]), np.float32([[-1, 1]]), np.int32([[0, 70000]])])
def test_32_bit_grey_without_a_scale_is_refused(values):
    with pytest.raises(BadImage, match=r"scan\.tif holds grey values from .* expected 0 to 1"):
        decode(encoded(Image.fromarray(values), "TIFF"), "scan.tif")


def test_lab_tiff():
    neutral = Image.new("LAB", (4, 4), (200, 128, 128))
    assert_close(decode(encoded(neutral, "TIFF"), "a.tif").getpixel((0, 0)), (194,) * 3)


# Where the first row and the first column of the file belong, as the EXIF standard puts it.
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_orientation(fmt, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(encoded(quadrants(), fmt, exif=exif.tobytes() if fmt == "HEIF" else exif), "phone")
    row, column = ORIENTATIONS[orientation]
    assert image.size == ((32, 16) if row in ("top", "bottom") else (16, 32))

    def corner(*sides: str):
        x = 2 if "left" in sides else image.width - 3
        y = 2 if "top" in sides else image.height - 3
        return image.getpixel((x, y))

    assert_close(corner(row, column), RED)
    assert_close(corner(row, OPPOSITE[column]), BLUE)
    assert_close(corner(OPPOSITE[row], column), WHITE)
    assert dict(image.getexif()) == {}, "a viewer must not turn it again"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"garbage", b"II*\0\x08\0\0\0\xff\xff garbage"])
def test_damaged_exif_is_ignored(exif):
    data = encoded(quadrants(), "JPEG", exif=b"Exif\0\0" + exif)
    assert decode(data, "phone.jpg").size == (32, 16)


def test_one_pixel():
    assert decode(encoded(Image.new("RGB", (1, 1), RED), "PNG"), "dot").getpixel((0, 0)) == RED


def test_large_jpeg_is_read_at_half_its_size():
    assert decode(encoded(Image.new("L", (5000, 4200)), "JPEG"), "big").size == (2500, 2100)


@pytest.mark.parametrize("size", [(9000, 8000), (60_000, 1200)])
def test_jpeg_beyond_the_limit_of_other_kinds_comes_within_it(size):
    data = encoded(Image.new("L", size), "JPEG")
    width, height = decode(data, "big").size
    assert width * height <= MAX_PIXELS
    assert abs(width / height / (size[0] / size[1]) - 1) < 0.01
    with pytest.raises(BadImage, match="limit is 50 million pixels in all"):
        decode(data, "big", as_stored=True)


# --- HEIC and AVIF against PNG --------------------------------------------------------------------------


def scene(width: int, height: int) -> Image.Image:
    """Smooth colours with an edge, as photographs have them."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = np.stack([np.sin(6 * x + 2 * y), np.cos(5 * y - x), np.sin(4 * x * y + 1)], -1)
    pixels = (127.5 + 100 * waves).astype(np.uint8)
    pixels[height // 3 : height // 2, width // 4 : width // 2] = (230, 40, 30)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("size", [(96, 64), (97, 65), (65, 96), (33, 17)])
@pytest.mark.parametrize("fmt", ["AVIF", "HEIF"])
def test_the_same_pixels_as_the_png_twin(fmt, size, mode):
    image = scene(*size).convert(mode)
    if mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").resize(size))
    twin = np.asarray(decode(encoded(image, "PNG"), "twin.png"), np.float32)
    seen = np.asarray(decode(encoded(image, fmt), "photo"), np.float32)
    assert seen.shape == twin.shape
    assert np.abs(seen - twin).mean() < 8


def test_the_main_picture_of_a_heic_file_of_several():
    others = [from_pillow(Image.new("RGB", (64, 64), colour))[0] for colour in (WHITE, RED)]
    data = encoded(Image.new("RGB", (64, 64), BLUE), "HEIF", append_images=others, primary_index=2)
    assert_close(decode(data, "burst").getpixel((30, 30)), RED, 12)


def test_heic_of_ten_bits_a_colour():
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    seen = np.asarray(decode(encoded(Image.fromarray(values), "HEIF", quality=-1), "scan"))[..., 0]
    assert np.abs(seen - values / 257).max() <= 2


def test_heic_of_tiles_as_iphones_write_them():
    image = scene(200, 120)
    seen = decode(encoded(image, "HEIF", tile_size=64), "phone.heic")
    assert seen.size == image.size
    assert np.abs(np.subtract(seen, image, dtype=np.float32)).mean() < 8


# --- what is refused ------------------------------------------------------------------------------------


def test_zero_bytes():
    with pytest.raises(BadImage, match=r"photo\.png is empty \(0 bytes\)"):
        decode(b"", "photo.png")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Dear diary, this is no picture.", "no picture, whatever its name"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg/>', "SVG"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", "HEIF picture of a rare kind"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_other_files_are_named(data, words):
    with pytest.raises(BadImage, match=rf"photo\.png is .*{words}.*Pictures can be {ACCEPTED} files"):
        decode(data, "photo.png")


@pytest.mark.parametrize("fmt", ["ICO", "PPM", "TGA", "PCX", "JPEG2000"])
def test_other_formats_of_pillow_stay_closed(fmt):
    with pytest.raises(BadImage):
        decode(encoded(Image.new("RGB", (32, 32)), fmt), "photo.png")


@pytest.mark.parametrize("fmt", FORMATS)
def test_truncated(fmt):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, fmt)
    for length in (20, len(data) // 2):
        with pytest.raises(BadImage, match=r"cut is damaged, incomplete .* PNG"):
            decode(data[:length], "cut")


def test_too_many_bytes():
    limits = r"the limit is 60 MB for a JPEG, 30 MB for all other kinds\. Save a smaller copy"
    with pytest.raises(BadImage, match=rf"30\.0 MB; {limits}"):
        decode(b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES), "film.png")
    jpeg = encoded(quadrants(), "JPEG")
    assert decode(jpeg + bytes(MAX_BYTES), "photo.jpg").size == (32, 16)
    with pytest.raises(BadImage, match=rf"60\.0 MB; {limits}"):
        decode(jpeg + bytes(JPEG_BYTES), "film.jpg")


def huge(fmt: str, side: int) -> bytes:
    """A tiny file whose header promises side × side pixels."""
    if fmt == "PNG":
        return png(side, side, 1, 0, b"\0")
    small = bytearray(
        encoded(
            Image.new("RGB", (64, 64) if fmt == "HEIF" else (8, 8)),
            fmt,
            **({"lossless": True} if fmt == "WEBP" else {}),
        )
    )
    if fmt == "JPEG":
        frame = small.index(b"\xff\xc0")
        small[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    elif fmt == "GIF":
        small[6:10] = struct.pack("<HH", side, side)
    elif fmt == "BMP":
        small[18:26] = struct.pack("<ii", side, side)
    elif fmt == "TIFF":
        for tag in (256, 257):
            field = small.index(struct.pack("<HHI", tag, 4, 1))
            small[field + 8 : field + 12] = struct.pack("<I", side)
    elif fmt in ("AVIF", "HEIF"):
        at = small.index(b"ispe") + 8
        small[at : at + 8] = struct.pack(">II", side, side)
    elif fmt == "WEBP":
        small[21:25] = struct.pack("<I", (side - 1) | (side - 1) << 14)
    return bytes(small)


# 8,000² is over our limit only, 10,000² over the number at which Pillow warns, 20,000² over the one at which
# it raises. WebP ends at 16,383.
@pytest.mark.parametrize(
    ("fmt", "side"),
    [
        (fmt, side)
        for fmt in FORMATS
        for side in (8_000, 10_000, 16_000, 20_000)
        if fmt != "JPEG" or side**2 > JPEG_PIXELS
    ],
)
def test_decompression_bombs_are_refused_from_the_header(fmt, side):
    data = huge(fmt, min(side, 16_383) if fmt == "WEBP" else side)
    start = time.perf_counter()
    reason = r"is .* limit is 50 million pixels in all \(200 million for a JPEG\)\. Scale it down"
    if fmt == "AVIF" and side > 16_384:
        reason = "is damaged"  # libavif has a limit of its own
    with pytest.raises(BadImage, match=f"bomb {reason}") as error:
        decode(data, "bomb")
    assert time.perf_counter() - start < 0.5
    if fmt == "PNG":
        assert f"{side:,} × {side:,} pixels" in str(error.value)


@pytest.mark.parametrize("fmt", ["AVIF", "HEIF"])
def test_a_small_header_over_a_larger_picture(fmt):
    data = bytearray(encoded(Image.new("RGB", (2000, 2000)), fmt))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 64, 64)
    with contextlib.suppress(BadImage):  # libheif refuses it, libavif scales it down
        assert decode(bytes(data), "bomb").size == (64, 64)


def test_sound_file_of_20000_by_20000_pixels_is_refused_quickly():
    data = png(20_000, 20_000, 1, 0, bytes(20_000 * 2_501))
    assert len(data) < 100_000
    start = time.perf_counter()
    with pytest.raises(BadImage, match="20,000 × 20,000 pixels"):
        decode(data, "poster.png")
    assert time.perf_counter() - start < 0.5


def test_gif_frame_beyond_its_screen():
    small = bytearray(encoded(Image.new("P", (8, 8)), "GIF"))
    descriptor = small.rindex(b",\0\0\0\0\x08\0\x08\0")
    small[descriptor + 5 : descriptor + 9] = struct.pack("<HH", 20_000, 20_000)
    with pytest.raises(BadImage, match="limit is 50 million pixels"):
        decode(bytes(small), "bomb.gif")


def test_jpeg_of_many_scans():
    data = encoded(quadrants(), "JPEG", progressive=True)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    assert decode(data[:-2] + last_scan * 20 + b"\xff\xd9", "fine.jpg").size == (32, 16)
    with pytest.raises(BadImage, match="over 100 scans"):
        decode(data[:-2] + last_scan * 200 + b"\xff\xd9", "bomb.jpg")


def test_a_larger_jpeg_may_have_fewer_scans():
    data = bytearray(encoded(quadrants(), "JPEG", progressive=True))
    frame = data.index(b"\xff\xc2")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 14_000, 14_000)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(BadImage, match="over 25 scans"):
        decode(bytes(data[:-2] + last_scan * 30 + b"\xff\xd9"), "bomb.jpg")


def test_one_large_jpeg_at_a_time(monkeypatch):
    held, load = [], decoding.JpegImageFile.load

    def watched(image):
        held.append(decoding._LARGE.locked())
        return load(image)

    monkeypatch.setattr(decoding.JpegImageFile, "load", watched)
    decode(encoded(Image.new("L", (1_000, 1_000)), "JPEG"), "small.jpg")
    assert not any(held)
    held.clear()
    decode(encoded(Image.new("L", (8_000, 8_000)), "JPEG"), "big.jpg")
    assert held[0]
    assert not decoding._LARGE.locked()


@pytest.mark.parametrize("fmt", FORMATS)
def test_any_damage_ends_in_a_picture_or_in_bad_image(fmt):
    sound = encoded(quadrants(), fmt)

    @settings(max_examples=40 if fmt in ("AVIF", "HEIF") else 60, deadline=None)
    @given(
        end=st.integers(1, len(sound)),
        places=st.lists(st.tuples(st.integers(0, len(sound) - 1), st.integers(0, 255)), max_size=6),
    )
    def check(end, places):
        data = bytearray(sound)
        for place, value in places:
            data[place] = value
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on damaged metadata
            with contextlib.suppress(BadImage):
                assert decode(bytes(data[:end]), "hurt").mode == "RGB"

    check()


def test_threads_do_not_disturb_each_other():
    before = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    sound = encoded(quadrants(), "PNG")

    def work(i: int):
        try:
            return decode(sound if i % 2 else huge(FORMATS[i // 2 % len(FORMATS)], 16_000), "x").getpixel(
                (4, 4)
            )
        except BadImage:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(200)))
    assert results == [None, RED] * 100
    assert before == (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
