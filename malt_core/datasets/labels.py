"""From the classes of a data set, as its files call them, to those of a model."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from malt_core.errors import BadConfig
from malt_core.models.classes import plain_name
from malt_core.models.providers import bundled
from malt_core.types import ModelInfo

SHOWN = 3  # names in a message


def robustbench_file(name: str) -> Path:
    """Return the path of one of RobustBench's helper files, found without importing that package."""
    return Path(find_spec("robustbench").origin).parent / "helper_files" / name


@cache
def class_wnids(dataset: str) -> tuple[str, ...]:
    """Return the WordNet ids ("n01440764") of a data set's classes by index; () where it has none."""
    if dataset == "imagenet":
        index = json.loads(robustbench_file("imagenet_class_to_id_map.json").read_text(encoding="utf-8"))
        return tuple(sorted(index, key=index.get))
    try:
        text = (bundled.FOLDER / f"{dataset}_classes.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    return tuple(entry["wnid"] or "" for entry in json.loads(text))


def _by_name(info: ModelInfo) -> Callable[[str], int | None]:
    names = [plain_name(name) for name in info.classes]
    short = [plain_name(name.partition("(")[0]) for name in info.classes]
    index: dict[str, int] = {}
    for spelling in (short, names):
        often = Counter(spelling)
        index |= {name: i for i, name in enumerate(spelling) if often[name] == 1}
    return lambda text: index.get(plain_name(text))


def _by_wnid(info: ModelInfo) -> Callable[[str], int | None]:
    index = {wnid: i for i, wnid in enumerate(class_wnids(info.dataset))}

    def find(text: str) -> int | None:
        found = re.match(r"n\d{8}(?!\d)", text)  # some write "n01440764-tench"
        return index.get(found[0]) if found else None

    return find


def _by_number(info: ModelInfo) -> Callable[[str], int | None]:
    count = len(info.classes)
    return lambda text: int(text) if re.fullmatch("[0-9]{1,9}", text) and int(text) < count else None


def folders_to_classes(folders: Sequence[str], info: ModelInfo, path: str) -> dict[str, int]:
    """Return the class index of each folder name: all are class names, or all WordNet ids, or all numbers.

    Raises BadConfig, naming folders that are none of the model's classes.
    """
    unknown: list[str] = []
    for find in (_by_name(info), _by_wnid(info), _by_number(info)):
        found = {folder: find(folder) for folder in folders}
        missing = [folder for folder in folders if found[folder] is None]
        if not missing:
            return found
        if not unknown or len(missing) < len(unknown):
            unknown = missing
    wnids = class_wnids(info.dataset)
    example = f", WordNet ids such as {wnids[0]}" if wnids and wnids[0] else ""
    raise BadConfig(
        f"{_listed(unknown)} in {path} {'is no class' if len(unknown) == 1 else 'are no classes'} of "
        f"{info.id}: name the folders after its {len(info.classes)} classes ({info.classes[0]!r} to "
        f"{info.classes[-1]!r}){example}, or number them from 0 to {len(info.classes) - 1}."
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    kind = "The folder" if len(names) == 1 else "The folders"
    return f"{kind} {', '.join(map(repr, names[:SHOWN]))}{more}"


def _few(names: Sequence[str]) -> str:
    more = " …" if len(names) > SHOWN else ""
    return f"{', '.join(map(repr, names[:SHOWN]))}{more}"


def label_order(names: Sequence[str], info: ModelInfo, path: str) -> Sequence[int]:
    """Return the model's class index of each label of a data set that has these class names, in its order.

    Names that are spelt otherwise than the model's are taken to be in the model's order, as long as one of
    the others confirms that and none contradicts it; so are mere numbers.
    Raises BadConfig where the classes are not those of the model.
    """
    if len(names) != len(info.classes):
        raise BadConfig(
            f"{path} has {len(names)} classes, but {info.id} tells {len(info.classes)} apart. "
            "Choose a model of that data set: `malt models` lists all."
        )
    by_name, by_wnid = _by_name(info), _by_wnid(info)
    found = [i if (i := by_name(name)) is not None else by_wnid(name) for name in names]
    if sorted(i for i in found if i is not None) == list(range(len(names))):
        return found
    for label, (name, i) in enumerate(zip(names, found, strict=True)):
        if i not in (None, label):
            raise BadConfig(
                f"The classes of {path} are not those of {info.id}: label {label} is {name!r} there, and "
                f"{info.classes[label]!r} in the model."
            )
    first_words = (by_name(name.partition(",")[0]) for name in names)  # "tench, Tinca tinca", as hubs write
    confirmed = any(i == label for label, i in chain(enumerate(found), enumerate(first_words)))
    if not confirmed and list(names) != [str(i) for i in range(len(names))]:
        raise BadConfig(
            f"The classes of {path} ({_few(names)}) are not those of {info.id} ({_few(info.classes)}). If "
            "its labels are the model's all the same, save the file without its class names."
        )
    return range(len(names))
