"""The three layouts of the data, and the mistakes that people make with them."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from malt_core.errors import BadConfig
from training.data import ClassName, load_classes, load_images, load_photos


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> Image.Image:
    return Image.new("RGB", size, colour)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def test_parquet(tmp_path: Path) -> None:
    for i, colour in enumerate([(255, 0, 0), (0, 0, 255)]):
        images = [{"bytes": png(picture(colour)), "path": "x.png"}]
        pq.write_table(pa.table({"image": images, "label": [i]}), tmp_path / f"two_train-{i}.parquet")
    names = [{"wnid": "n1", "name": "red"}, {"wnid": "n2", "name": "blue"}]
    (tmp_path / "two_classes.json").write_text(json.dumps(names))
    images = load_images(tmp_path, "train", tmp_path / "cache")
    assert images.pixels[:, 5, 5].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert images.labels.tolist() == [0, 1]
    assert images.classes == (ClassName("red", "n1"), ClassName("blue", "n2"))
    assert images.dataset == "two"
    again = load_images(tmp_path, "train", tmp_path / "cache")
    assert torch.equal(images.pixels, again.pixels)


def test_a_label_without_a_name_is_told(tmp_path: Path) -> None:
    images = [{"bytes": png(picture((1, 2, 3))), "path": "x.png"}]
    pq.write_table(pa.table({"image": images, "label": [7]}), tmp_path / "two_train.parquet")
    with pytest.raises(BadConfig, match=r"two_classes\.json is missing"):
        load_images(tmp_path, "train", tmp_path / "cache")
    (tmp_path / "two_classes.json").write_text('["a", "b"]')
    with pytest.raises(BadConfig, match="labels up to 7, but names for 2"):
        load_images(tmp_path, "train", tmp_path / "cache")


def test_the_original_tiny_imagenet_folder(tmp_path: Path) -> None:
    (tmp_path / "wnids.txt").write_text("n02\nn01\n")  # the original's order is not sorted either
    (tmp_path / "words.txt").write_text("n01\tgoldfish, Carassius auratus\nn02\tcat, true cat\nn99\tother\n")
    for wnid, colour in (("n01", (255, 128, 0)), ("n02", (90, 90, 90))):
        (tmp_path / "train" / wnid / "images").mkdir(parents=True)
        picture(colour).save(tmp_path / "train" / wnid / "images" / f"{wnid}_0.JPEG")
    (tmp_path / "val" / "images").mkdir(parents=True)
    picture((90, 90, 90)).save(tmp_path / "val" / "images" / "val_0.JPEG")
    (tmp_path / "val" / "val_annotations.txt").write_text("val_0.JPEG\tn02\t0\t0\t62\t62\n")

    train = load_images(tmp_path, "train", tmp_path / "cache")
    val = load_images(tmp_path, "val", tmp_path / "cache")
    assert train.classes == (ClassName("goldfish", "n01"), ClassName("cat", "n02"))
    assert train.labels.tolist() == [0, 1]
    assert val.labels.tolist() == [1]
    assert (val.pixels[0].int() - train.pixels[1]).abs().max() < 3
    assert train.dataset == "tiny-imagenet"


def test_a_folder_of_ones_own_images(tmp_path: Path) -> None:
    for name, colour in (("my_dog", (255, 0, 0)), ("my_cat", (0, 255, 0))):
        (tmp_path / "train" / name).mkdir(parents=True)
        wide = picture((0, 0, 0), (200, 100))
        wide.paste(colour, (50, 0, 150, 100))  # the centre square
        wide.save(tmp_path / "train" / name / "a.png")
        (tmp_path / "train" / name / "notes.txt").write_text("no image")
    images = load_images(tmp_path, "train", tmp_path / "cache", size=32)
    assert [c.name for c in images.classes] == ["my cat", "my dog"]
    assert images.pixels.shape == (2, 32, 32, 3)
    assert images.pixels[1].reshape(-1, 3).tolist() == [[255, 0, 0]] * 32 * 32

    picture((0, 0, 255)).save(tmp_path / "train" / "my_cat" / "b.png")  # a new image is noticed
    assert len(load_images(tmp_path, "train", tmp_path / "cache", size=32)) == 3
    assert load_classes(tmp_path) == images.classes
    with pytest.raises(BadConfig, match="No val images"):
        load_images(tmp_path, "val", tmp_path / "cache")


def test_photographs_are_matched_by_their_wnid(tmp_path: Path) -> None:
    classes = (ClassName("cat", "n02"), ClassName("goldfish", "n01"))
    picture((255, 0, 0), (90, 60)).save(tmp_path / "n01_goldfish.png")
    picture((0, 0, 0)).save(tmp_path / "n99_other.png")
    pixels, labels = load_photos(tmp_path, classes, 32)
    assert pixels.shape == (1, 32, 32, 3)
    assert pixels[0, 5, 5].tolist() == [255, 0, 0]
    assert labels.tolist() == [1]
    with pytest.raises(BadConfig, match="no photographs named WNID_NAME"):
        load_photos(tmp_path, (ClassName("dog", None),), 32)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "train" / name).mkdir(parents=True)
        (tmp_path / "train" / name / "x.png").write_bytes(b"not a picture")
    with pytest.raises(BadConfig, match=r"a/x\.png cannot be read"):
        load_images(tmp_path, "train", tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))
