"""Compute what the Defences page opens with, of images that are not kept.

`malt defences --data DATA.parquet --out DIR` makes the columns; `python -m scripts.make_defences_example
DATA.parquet > CERTIFIED.json` makes certificates of the first images, and attacks on what is certified;
`python -m scripts.make_defences_example DIR/defences.json CERTIFIED.json` stores both.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from malt_core import load_model
from malt_core.certificates.types import CertifiedImage, CertifiedRecord, SmoothingConfig
from malt_core.datasets.in_memory import first_images
from malt_core.datasets.open_data import open_data
from malt_core.defence_run.proof_types import SIGMA, SMALL, SMOOTHED, two_layer_proof
from malt_core.defence_run.proofs import attack_smoothed, certify_over, prove_points
from malt_core.defence_run.record import record_from_bytes
from malt_core.defence_run.types import DefenceConfig
from malt_core.storage.typed_json import parse_json, plain, typed
from malt_core.storage.whole_files import write_whole
from ui.defences.example import FILE, StoredDefences

IMAGES = 20
RADII = (0.1, 0.2)  # at which what is certified is attacked, too


def certified(path: str) -> CertifiedRecord:
    """Certificates over the first images, and what attacks leave of them."""
    network = load_model(SMOOTHED)
    data, size = first_images(open_data(path, network.info), IMAGES), network.info.size
    config, begun = SmoothingConfig(sigma=SIGMA), time.perf_counter()
    images = []
    for event in certify_over(network, data, config, size=size):
        if isinstance(event, CertifiedImage):
            images.append(event)
            print(f"{len(images)} of {IMAGES}, {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    found = CertifiedRecord(
        model=SMOOTHED,
        data=Path(path).name,
        config=config,
        dimension=3 * size[0] * size[1],
        images=tuple(images),
    )
    for radius in RADII:
        attack = DefenceConfig(norm="l2", eps=radius)
        left = attack_smoothed(network, data, images, config, attack, size=size)
        print(f"{left}, {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        found = replace(found, attacked=(*found.attacked, left))
    return found


def main() -> None:
    if len(sys.argv) == 2:
        print(json.dumps(plain(certified(sys.argv[1]))))
        return
    columns, proven = (Path(name) for name in sys.argv[1:])
    stored = StoredDefences(
        columns=record_from_bytes(columns.read_bytes(), str(columns)),
        certified=typed(CertifiedRecord, parse_json(proven.read_bytes(), str(proven)), str(proven)),
        points=two_layer_proof(SMALL, list(prove_points(SMALL))),
    )
    write_whole(FILE, json.dumps(plain(stored), ensure_ascii=False, separators=(",", ":")))
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
