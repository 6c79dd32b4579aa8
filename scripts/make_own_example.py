"""Write the example of the Own network page, assets/examples/own.json: `python -m scripts.make_own_example`.

EfficientNet-Lite0's weights, under timm's names, in a safetensors file in memory, with a photograph.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict

from safetensors.torch import save

from malt_core.images.gallery import open_photo
from malt_core.models.catalogue import DEFAULT_MODEL, model_info
from malt_core.models.named_architectures import architecture
from malt_core.models.providers.efficientnet_lite import weights_file
from malt_core.models.providers.uploaded import Spec
from malt_core.models.weights.checkpoints import read_weights
from malt_core.own_network.checks import examine
from malt_core.own_network.types import Labelled, Step
from malt_core.storage.whole_files import write_whole
from ui.own.result import FILE

NAME, ARCH, PHOTO, LABEL = (
    "efficientnet-lite0.safetensors",
    "timm/tf_efficientnet_lite0",
    "dalmatian",
    "dalmatian",
)


def main() -> None:
    """Look at the network, and store what was seen."""
    found = read_weights(weights_file(model_info(DEFAULT_MODEL)))
    names = architecture(ARCH).build(1000).state_dict()  # the same tensors, in the same order
    state = dict(zip(names, (tensor.contiguous() for tensor in found.values()), strict=True))
    photo = io.BytesIO()
    open_photo(PHOTO).save(photo, "PNG")
    labelled = Labelled(photo.getvalue(), f"{PHOTO}.png", PHOTO)
    steps = [
        s for s in examine(Spec(path=NAME, arch=ARCH), save(state), None, labelled) if isinstance(s, Step)
    ]
    assert all(step.passed for step in steps), steps
    write_whole(
        FILE, json.dumps({"name": NAME, "steps": [asdict(s) for s in steps]}, indent=1, ensure_ascii=False)
    )


if __name__ == "__main__":
    main()
