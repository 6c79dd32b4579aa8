"""Whether somebody's tensors are those of an architecture: names, shapes, kinds, numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from malt_core.errors import BadConfig
from malt_core.models.named_architectures import LIBRARIES, Architecture, names_of
from malt_core.models.weights.state_dict import State

_SHOWN = 3  # names in an error
_COUNTER = "num_batches_tracked"  # says how long it was trained, and changes no answer
_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class Fitted:
    """Tensors that fit. state: under the architecture's own names, float32; classes: how many.

    mean, std: a normalisation that lay among them, None where there was none. notes: what was changed, a
    sentence each.
    """

    state: State
    classes: int
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    notes: tuple[str, ...] = field(default=())


def fit(state: State, arch: Architecture, size: int | None = None) -> Fitted:
    """Return the tensors under the names of the architecture.

    A prefix such as "module." is removed, a normalisation ahead of the network taken out. Raises BadConfig,
    with a few names and what to change, where keys are missing, unknown, or of another shape or kind, and
    where a weight is no finite number.
    """
    shapes, depends = arch.shapes(size)
    state, notes = _without_prefix(state, shapes)
    mean, std = (_taken(state, word, shapes) for word in ("mean", "std"))
    if mean is not None and std is not None:
        notes.append("The file's own normalisation is used.")
    state = {key: tensor for key, tensor in state.items() if key in shapes or not key.endswith(_COUNTER)}
    missing = [key for key in shapes if key not in state and not key.endswith(_COUNTER)]
    unknown = [key for key in state if key not in shapes]
    if missing or unknown:
        raise BadConfig(_keys_differ(arch, missing, unknown, shapes))
    classes = _classes(state, depends, arch)
    wrong = [
        key for key in shapes if key in state and not _same(state[key], shapes[key], key, depends, classes)
    ]
    if wrong:
        raise BadConfig(_shapes_differ(arch, state, shapes, depends, classes, wrong))
    whole = {
        key: state[key] if key in state else torch.zeros(shapes[key], dtype=torch.long) for key in shapes
    }
    return Fitted(_float32(whole, notes), classes, mean, std, tuple(notes))


def _without_prefix(state: State, shapes: dict[str, tuple[int, ...]]) -> tuple[State, list[str]]:
    """Return the tensors without what stands before the names of most of them."""
    votes = Counter(key[: len(key) - len(name)] for key in state for name in _ends(key) if name in shapes)
    if not votes:
        return dict(state), []
    prefix, count = max(votes.items(), key=lambda vote: (vote[1], -len(vote[0])))
    if not prefix or count < len(shapes) / 2:
        return dict(state), []
    return (
        {key.removeprefix(prefix): tensor for key, tensor in state.items()},
        [f"“{prefix}” was removed from the keys."],
    )


def _ends(key: str) -> list[str]:
    parts = key.split(".")[:40]
    return [".".join(parts[i:]) for i in range(len(parts))]


def _taken(state: State, word: str, shapes: dict[str, tuple[int, ...]]) -> tuple[float, ...] | None:
    """Take a mean or std of three colours out of the tensors."""
    names = [
        key
        for key, tensor in state.items()
        if key not in shapes and key.endswith(word) and tensor.numel() == 3 and tensor.is_floating_point()
    ]
    return tuple(state.pop(names[0]).flatten().tolist()) if len(names) == 1 else None


def _classes(state: State, depends: dict[str, int], arch: Architecture) -> int:
    counts = {
        state[key].shape[place] for key, place in depends.items() if key in state and state[key].ndim > place
    }
    if len(counts) != 1:
        raise BadConfig(
            f"The last layer of {arch.arch} ({_few(list(depends))}) should say how many classes there are, "
            f"and the file says {_few(sorted(map(str, counts))) or 'nothing'}: give the --arch that was "
            "trained."
        )
    (count,) = counts
    if not 2 <= count <= _MOST_CLASSES:
        raise BadConfig(
            f"The last layer has {count:,} outputs; a classifier has from 2 to {_MOST_CLASSES:,}."
        )
    return count


def _same(
    tensor: torch.Tensor, shape: tuple[int, ...], key: str, depends: dict[str, int], classes: int
) -> bool:
    return tuple(tensor.shape) == _wanted(shape, key, depends, classes)


def _wanted(shape: tuple[int, ...], key: str, depends: dict[str, int], classes: int) -> tuple[int, ...]:
    place = depends.get(key)
    return shape if place is None else (*shape[:place], classes, *shape[place + 1 :])


def _float32(state: State, notes: list[str]) -> State:
    odd = [
        k for k, t in state.items() if not t.is_floating_point() and not k.endswith(_COUNTER) and t.ndim > 0
    ]
    integers = [key for key in odd if not key.endswith("index")]  # tables of places, as Swin has them
    if integers:
        kind = str(state[integers[0]].dtype).removeprefix("torch.")
        raise BadConfig(
            f"{_few(integers)} holds {kind} where weights are float32: save the network before it is "
            "quantised or converted, model.float()."
        )
    kinds = {str(t.dtype).removeprefix("torch.") for t in state.values() if t.is_floating_point()} - {
        "float32"
    }
    if kinds:
        notes.append(f"Weights in {_few(sorted(kinds))} were turned into float32.")
    state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    broken = [key for key, tensor in state.items() if not bool(tensor.isfinite().all())]
    if broken:
        raise BadConfig(
            f"{_few(broken)} holds NaN or infinite numbers: the training went wrong, or the file is damaged; "
            "give an earlier checkpoint."
        )
    return state


def _keys_differ(
    arch: Architecture, missing: list[str], unknown: list[str], shapes: dict[str, tuple[int, ...]]
) -> str:
    said = [f"{len(missing):,} of {len(shapes):,} are missing ({_few(missing)})"] if missing else []
    said += [f"{len(unknown):,} are unknown ({_few(unknown)})"] if unknown else []
    return f"The keys are not those of {arch.arch}: {' and '.join(said)}. {_other_library(arch)}"


def _other_library(arch: Architecture) -> str:
    """Return what to change, with the other library's architecture of the same name where there is one."""
    library, _, name = arch.arch.partition("/")
    (other,) = (one for one in LIBRARIES if one != library)
    name = name.partition(".")[0]
    also = f", {other}/{name} perhaps" if name in names_of(other) else ""
    return f"Give the --arch whose state_dict() was saved{also}."


def _shapes_differ(
    arch: Architecture,
    state: State,
    shapes: dict[str, tuple[int, ...]],
    depends: dict[str, int],
    classes: int,
    wrong: Sequence[str],
) -> str:
    said = ", ".join(
        f"{key[:60]} is {_shape(state[key].shape)} instead of "
        f"{_shape(_wanted(shapes[key], key, depends, classes))}"
        for key in wrong[:_SHOWN]
    )
    size = " or --size" if any("pos" in key for key in wrong) else ""
    return (
        f"{len(wrong):,} of {len(shapes):,} tensors have another shape than those of {arch.arch}: {said}. "
        f"Give the --arch{size} that was trained."
    )


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown
