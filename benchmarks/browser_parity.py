"""The attack in a browser against the library's, in float32, with the published budget and the same starts.

`python -m benchmarks.browser_parity --data FILE --data DIR --n 50` takes pictures from the data sets in turn,
both networks in turn, and ε of 1, 2 and 4/255; each is attacked by `malt_core` with weights rounded as in the
browser's file, and in Chromium from the same random starts. It prints a line a picture, and at the end how
often targets, verdicts, margins and first iterates agree, and whether the saved pictures fool the network
with its own weights. `--memory` tells WebAssembly's memory after five and after twenty attacks instead,
`--seconds` how long an attack takes from the click as the site does it.
"""

from __future__ import annotations

import argparse
import base64
import copy
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from torch import Tensor

from malt_core import Model, load_model
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig
from malt_core.datasets.decoded import decoded
from malt_core.datasets.pictures import open_pictures
from malt_core.errors import BadConfig
from malt_core.images.pixels import png_bytes, to_pixels
from malt_core.images.resize import to_sample
from malt_core.numerics import norms
from malt_core.numerics.random import row_generator
from malt_core.portable.onnx_file import round_weights
from malt_core.portable.site import MODELS, site_files
from malt_core.types import Sample
from tests.browser.conftest import FLAGS
from tests.browser.find import browser_path
from tests.helpers.tiny_site import served

ITERATES = 5
TIE = 2e-3  # scores that differ by less, as a share of themselves, may stand in either order
LINE = 2e-3  # how far margins may be off, as a share of the predicted drop
STEP = 1 / 2550  # how far the value of a pixel may be off in the first iterates ...
PIXELS = 0.01  # ... on all but this share of them
ATTACK = """async ({ png, starts, ...settings }) => {
  const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const encode = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  };
  const start = starts && new Map(Object.entries(starts).map(([k, v]) => [Number(k), decode(v)]));
  const points = [];
  const onStep = (event) => {
    if (event.kind === "step" && event.order === 1 && event.x) points.push(encode(event.x));
  };
  const found = await malt.attack({ image: png, start, onStep, ...settings });
  return {
    label: found.label, answer: found.adversarialLabel, success: found.success, survives: found.survivesPng,
    order: found.targets.map(({ index }) => index), points: points.slice(0, 5), seconds: found.seconds,
    target: found.record.linearity.target.index, margin: found.margin[found.t.indexOf(1)],
    linear: found.linear[found.t.indexOf(1)], adversarial: encode(found.pixels.adversarial),
    png: encode(found.adversarial.data),
  };
}"""


@dataclass(frozen=True)
class Comparison:
    """What came of one picture.

    order, verdict: whether targets and verdict are the same. margin, linear: how far off, as a share of the
    predicted drop. iterates: the largest share of pixels that were off in one of the first. honest: whether
    the saved picture does to the unrounded network what the browser says. seconds: in the browser.
    """

    order: bool
    verdict: bool
    margin: float
    linear: float
    iterates: float
    honest: bool
    success: bool
    seconds: float


def rounded(model: Model) -> Model:
    """Return the model with the weights that its file holds."""
    found = copy.deepcopy(model)
    round_weights(found.network)
    return found


@torch.no_grad()
def _margin(model: Model, x: Tensor, y: int, t: int) -> float:
    z = model(x[None])[0]
    return float(z[y] - z[t])


def compare(
    page: Page, model: Model, x: Tensor, *, eps: float, steps: int, targets: int = 9, candidates: int = 20
) -> Comparison:
    """Attack x (3, H, W), 8-bit values, with the library and in the page of a site that has the model."""
    twin = rounded(model)
    config = AttackConfig(eps=eps, n_targets=targets, n_candidates=candidates, n_iter=steps, faithful=True)
    points: list[Tensor] = []
    *_, last = attack(twin, Sample(x=x, name="", digest=""), config, look=points.append)
    result = last.result
    shape = x.shape
    starts = {
        t.index: norms.random_start(x[None], "linf", eps, [row_generator(0, 0, t.index)])[0].numpy()
        for t in result.ranking
    }
    found = page.evaluate(
        ATTACK,
        {
            "png": f"data:image/png;base64,{base64.b64encode(png_bytes(x)).decode()}",
            "starts": {str(t): base64.b64encode(start.tobytes()).decode() for t, start in starts.items()},
            "model": model.info.id,
            "eps": eps,
            "steps": steps,
            "targets": targets,
            "candidates": candidates,
            "budget": "published",
        },
    )
    adversarial = _floats(found["adversarial"], shape)
    y, t = found["label"], found["target"]
    m0, g0 = _slope(twin, x, y, t)
    linear = m0 + float((g0 * (adversarial - x)).sum())
    drop = abs(m0 - linear) or 1.0
    scores = {target.index: target.predicted_distance for target in result.ranking}
    return Comparison(
        order=_same_order(found["order"], scores),
        verdict=found["success"] == result.success and y == result.label,
        margin=abs(found["margin"] - _margin(twin, adversarial, y, t)) / drop,
        linear=abs(found["linear"] - linear) / drop,
        iterates=max(
            _off(_floats(text, shape), point)
            for text, point in zip(found["points"], points[:ITERATES], strict=False)
        ),
        honest=_honest(model, found, shape),
        success=found["success"],
        seconds=found["seconds"],
    )


def _same_order(order: list[int], scores: dict[int, float]) -> bool:
    """Return whether classes stand in the order of their scores, ties apart."""
    if set(order) != set(scores):
        return False
    ranked = [scores[index] for index in order]
    return all(max(ranked[:i]) <= ranked[i] * (1 + TIE) for i in range(1, len(ranked)))


def _slope(model: Model, x: Tensor, y: int, t: int) -> tuple[float, Tensor]:
    leaf = x.clone()[None].requires_grad_()
    z = model(leaf)[0]
    margin = z[y] - z[t]
    (gradient,) = torch.autograd.grad(margin, leaf)
    return float(margin.detach()), gradient[0]


def _floats(text: str, shape: torch.Size) -> Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float32).reshape(shape).copy())


def _off(a: Tensor, b: Tensor) -> float:
    return float(((a - b).abs() > STEP).float().mean())


@torch.no_grad()
def _honest(model: Model, found: dict, shape: torch.Size) -> bool:
    """Return whether the PNG does to the network with its own weights what is claimed of it."""
    rgba = np.frombuffer(base64.b64decode(found["png"]), np.uint8).reshape(*shape[1:], 4)
    file = io.BytesIO()
    Image.fromarray(rgba[..., :3].copy()).save(file, "PNG")
    pixels = torch.from_numpy(np.array(Image.open(file)).copy()).permute(2, 0, 1).float() / 255
    answer = int(model(pixels[None]).argmax())
    return answer != found["label"] if found["survives"] else True


@contextmanager
def opened(models: tuple[str, ...]) -> Iterator[Page]:
    """Yield the page of a site that has the models, in Chromium."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        for name, data in site_files(models).items():
            (Path(place) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(place) / name).write_bytes(data)
        chosen = driver.chromium
        browser = chosen.launch(executable_path=browser_path(chosen.executable_path), args=FLAGS)
        with served(Path(place)) as address:
            page = browser.new_page()
            page.set_default_timeout(600_000)
            page.goto(f"{address}/?embed=1")
            page.wait_for_selector("#headline:not(:empty)")
            yield page
        browser.close()


def pictures(data: list[str], models: list[Model], n: int) -> Iterator[tuple[Model, Tensor, str]]:
    """Yield a model with a picture of its size and the picture's name, n times, everything in turn."""
    held = [_held(source, models, n) for source in data]
    for i in range(n):
        model, (records, size) = models[i % len(models)], held[(i // len(models)) % len(held)]
        record = records[(i // len(models) // len(held)) % len(records)]
        sound, pixels, _ = decoded([record], size)
        if sound:
            image = Image.fromarray(to_pixels(pixels[0]))
            yield model, to_sample(image, model.info.size, crop="centre", name=record.name).x, record.name


def _held(source: str, models: list[Model], n: int) -> tuple[list, tuple[int, int]]:
    """Return the first pictures of a data set, for the first model that it suits, and that one's size."""
    for model in models:
        try:
            return list(open_pictures(source, model.info, n).content), model.info.size
        except BadConfig as error:
            unfit = error
    raise unfit


def _told(found: list[Comparison], names: list[str]) -> None:
    n = len(found)
    small = [one for one, name in zip(found, names, strict=True) if name.startswith("tiny")]
    print(f"{n} pictures: {sum(one.success for one in found)} fooled")
    print(f"order of targets equal: {sum(one.order for one in found)}")
    print(f"verdict equal: {sum(one.verdict for one in found)}")
    print(f"margin off by at most {max(one.margin for one in found):.1e} of the predicted drop")
    print(f"linear prediction off by at most {max(one.linear for one in found):.1e}")
    if small:
        print(f"64 px, first {ITERATES} iterates: off on {max(one.iterates for one in small):.2%} of pixels")
    print(f"saved pictures as claimed: {sum(one.honest for one in found)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", action="append", required=True)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="leave out so many of them")
    parser.add_argument("--steps", type=int, default=10)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--memory", action="store_true")
    what.add_argument("--seconds", action="store_true")
    args = parser.parse_args()
    ids = tuple(args.model) or MODELS
    models = [load_model(id) for id in ids]
    with opened(ids) as page:
        if args.memory or args.seconds:
            _repeated(page, list(pictures(args.data, models, args.n)), memory=args.memory)
            return
        found, names = [], []
        asked = list(enumerate(pictures(args.data, models, args.n)))[args.first :]
        for i, (model, x, name) in asked:
            eps = (1, 2, 4)[i // len(models) % 3]
            found.append(compare(page, model, x, eps=eps / 255, steps=args.steps))
            names.append(model.info.id)
            print(f"{model.info.id} {name} {eps}/255 {found[-1]}", flush=True)
        _told(found, names)


def _repeated(page: Page, asked: list[tuple[Model, Tensor, str]], *, memory: bool) -> None:
    """Attack one picture after the other as the site does, at each network's own ε."""
    for i, (model, x, name) in enumerate(asked, start=1):
        png = f"data:image/png;base64,{base64.b64encode(png_bytes(x)).decode()}"
        asked_at = time.perf_counter()
        done = page.evaluate(ATTACK, {"png": png, "model": model.info.id, "eps": model.info.suggested_eps})
        took = time.perf_counter() - asked_at
        print(
            f"{i} {model.info.id} {name} {took:.2f} s, {'fooled' if done['success'] else 'withstood'}",
            flush=True,
        )
        if memory and i in (5, 20):
            print(f"memory after {i} attacks: {page.evaluate('malt.memory()'):,} bytes", flush=True)


if __name__ == "__main__":
    main()
