"""Store what the offline networks say of the gallery's photographs: `python -m scripts.make_gallery_answers`.

Run it after a network's weights or the gallery have changed: tests/ui/pictures/test_answers.py says so.
"""

from __future__ import annotations

import json

import torch

from malt_core import load_model
from malt_core.images.gallery import gallery
from malt_core.models.catalogue import list_models, weights_digest
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.pictures.answers import FILE, Answer, NetworkAnswers
from ui.pictures.picture import gallery_picture


def compute(model: str) -> NetworkAnswers:
    """What the model says of every photo, cut as the page cuts it."""
    network = load_model(model)
    photos = [photo.id for photo in gallery()]
    with torch.inference_mode():
        answers = {
            photo: network(gallery_picture(photo, network.info.size, "centre").to_sample().x[None])
            .softmax(1)[0]
            .max(0)
            for photo in photos
        }
    return NetworkAnswers(
        weights_digest(model),
        {
            photo: Answer(int(answer.indices), round(float(answer.values), 3))
            for photo, answer in answers.items()
        },
    )


def main() -> None:
    networks = [info.id for info in list_models() if info.offline]
    content = plain({model: compute(model) for model in networks})
    write_whole(FILE, json.dumps(content, separators=(",", ":")))
    for model, answers in content.items():
        print(f"{model}: {len(answers['photos'])} photos")
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
