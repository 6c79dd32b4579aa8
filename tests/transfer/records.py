"""Transfer matrices written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.transfer.record import Network, TransferRecord
from malt_core.transfer.types import Attempt, RowOfImage


def record(first: Sequence[bool], second: Sequence[bool]) -> TransferRecord:
    """One row, tried on its own network and on another. first, second: by image, whether what MALT's target,
    and the likeliest one, have brought fools the other network; each fools its own.
    """
    own, other = (
        Network(id=f"test/{name}", title=f"{name}, test", size=(8, 8), classes=3) for name in ("own", "other")
    )

    def attempt(method: str, fools: bool) -> Attempt:
        return Attempt(
            method=method, target=1, own=1, l2=1.0, answers=(1, 1 if fools else 0), same=(True, fools)
        )

    entries = tuple(
        RowOfImage(
            index=i,
            row=0,
            labelled=True,
            right=(0,),
            clean=0,
            column_right=((0,), (0,)),
            column_clean=(0, 0),
            column_noise=(0, 0),
            noise_l2=1.5,
            attempts=(attempt("malt", a), attempt("naive", b)),
        )
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    )
    return TransferRecord(
        rows=(own,),
        columns=(own, other),
        data="images by hand",
        total=len(first),
        norm="linf",
        eps=8 / 255,
        n_iter=30,
        step=0.1,
        decay=1.0,
        seed=0,
        compare=("naive",),
        names={i: f"image {i}" for i in range(len(first))},
        entries=entries,
        several=(),
    )
