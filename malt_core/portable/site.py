"""A folder, or one file, that attacks photographs in the reader's own browser, on any static host.

Everything that it shows comes from there: networks with their gradients, photographs, a finished example,
ONNX Runtime. It makes no request to anybody else's host, which its own content policy forbids.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from malt_core import __version__
from malt_core.images.gallery import GALLERY
from malt_core.models.weights.downloads import Progress
from malt_core.networks import network_info
from malt_core.portable.bundle import bundle
from malt_core.portable.export import published, published_source
from malt_core.portable.photos import DEFAULT, SitePhoto, site_photo
from malt_core.portable.shelf import file_name, portable_file
from malt_core.storage.assets import assets_folder
from malt_core.types import ModelInfo

MODELS = ("imagenet/efficientnet-lite0", "tiny-imagenet/robust")
BROWSER, PLAYER = assets_folder() / "browser", assets_folder() / "player"
WASM = "browser/runtime/ort-wasm-simd-threaded.wasm.gz"
_ASIDE = "default-src 'none'; img-src 'self' data: blob:; connect-src 'self' data: blob:; base-uri 'none'; "
POLICY = _ASIDE + "script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; worker-src 'self'"
POLICY_INSIDE = (
    _ASIDE
    + "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'unsafe-inline'; worker-src blob:"
)


@dataclass(frozen=True)
class Part:
    """A file that the page loads. name: relative to the page."""

    name: str
    data: bytes

    @property
    def record(self) -> dict[str, Any]:
        """What the page knows of it."""
        return {
            "name": self.name,
            "bytes": len(self.data),
            "sha256": hashlib.sha256(self.data).hexdigest(),
        }


def site_files(
    models: Sequence[str] = MODELS,
    photos: Sequence[str] = (),
    *,
    single_file: bool = False,
    progress: Progress = lambda message, done, total: None,
) -> Mapping[str, bytes]:
    """Return the files of a site, by name relative to its folder; with single_file, index.html alone.

    models: ids, the first of which is chosen at first. photos: as the command line names pictures; six of the
    gallery by default. Raises as `portable_file` and `site_photo` do, and BadConfig for an unknown model.
    """
    infos = [network_info(id) for id in models]
    sources = list(photos) or [GALLERY + id for id in DEFAULT]
    shown = [site_photo(source, number, infos) for number, source in enumerate(sources, start=1)]
    wasm = Part(WASM, (BROWSER / Path(WASM).relative_to("browser")).read_bytes())
    networks = [
        Part(f"networks/{file_name(info.id)}.onnx", portable_file(info.id, progress).read_bytes())
        for info in infos
    ]
    pictures = [Part(f"photos/{photo.id}.jpg", photo.data) for photo in shown]
    progress("Attacking the first photograph, for the example", 0, None)
    content = {
        "version": __version__,
        "wasm": wasm.record,
        "networks": [_network(info, part) for info, part in zip(infos, networks, strict=True)],
        "photos": [_photo(photo, part) for photo, part in zip(shown, pictures, strict=True)],
        "example": example(infos[0], sources[0], shown[0]),
        "licences": _licences(infos, shown),
    }
    if single_file:
        return {"index.html": _single(content, [wasm, *networks, *pictures])}
    return {
        **{part.name: part.data for part in (wasm, *networks, *pictures)},
        **_own_files(),
        "index.html": _page(
            content,
            policy=POLICY,
            style='<link rel="stylesheet" href="browser/page/site.css">\n'
            '<link rel="stylesheet" href="player/player.css">',
            files="",
            script='<script type="module" src="browser/page/site.js"></script>',
        ),
    }


def example(info: ModelInfo, source: str, photo: SitePhoto) -> dict[str, Any]:
    """Return a finished attack on a picture at the network's suggested ε, as the page draws it."""
    from malt_core.attack_run.run import attack_and_measure
    from malt_core.attack_run.types import AttackRun
    from malt_core.attacks.types import AttackConfig
    from malt_core.export.snapshot import snapshot_of, snapshot_to_json
    from malt_core.images.sources import open_sample
    from malt_core.networks import load_network

    sample = open_sample(source, info.size, crop="centre")
    config = AttackConfig(eps=info.suggested_eps)
    model, shown = load_network(info.id), source if source.startswith(GALLERY) else photo.name
    for event in attack_and_measure(model, sample, config, crop="centre", source=shown):
        if isinstance(event, AttackRun):
            stored = snapshot_to_json(snapshot_of(event))
    stored["record"]["model"] = published(info.id)
    kept = {name: stored[name] for name in ("record", "player", "original_png", "adversarial_png")}
    return {**kept, "truth": photo.truth.get(info.id)}


def _network(info: ModelInfo, part: Part) -> dict[str, Any]:
    about = {"id": published(info.id), "title": info.title, "suggested_eps": info.suggested_eps}
    return {**about, "size": list(info.size), **part.record}


def _photo(photo: SitePhoto, part: Part) -> dict[str, Any]:
    about = {name: getattr(photo, name) for name in ("id", "name", "alt", "credit", "truth")}
    return {**about, "thumbnail": photo.thumbnail_address, "type": "image/jpeg", "file": part.record}


def _licences(infos: Sequence[ModelInfo], photos: Sequence[SitePhoto]) -> str:
    networks = "; ".join(
        f"{info.title}: {', '.join(filter(None, (published_source(info), info.licence)))}" for info in infos
    )
    credits = "; ".join(f"{photo.name}: {photo.credit}" for photo in photos if photo.credit)
    return (
        f"Made by MALT Lab {__version__} (MIT). Networks: {networks}. "
        + (f"Photographs: {credits}. " if credits else "")
        + "Computing: ONNX Runtime Web, MIT, Copyright (c) Microsoft Corporation."
    )


def _own_files() -> dict[str, bytes]:
    """Return our JavaScript and styles, and the licence of what is not ours."""
    folders = [(BROWSER / name, f"browser/{name}") for name in ("engine", "client", "page", "runtime")]
    folders.append((PLAYER, "player"))
    return {
        f"{to}/{file.name}": file.read_bytes()
        for folder, to in folders
        for file in sorted(folder.iterdir())
        if file.suffix in (".js", ".css", ".txt")
    }


def _page(content: dict[str, Any], *, policy: str, style: str, files: str, script: str) -> bytes:
    data = json.dumps(content, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    template = Template((BROWSER / "page" / "page.html").read_text("utf-8"))
    return template.substitute(policy=policy, style=style, files=files, script=script, data=data).encode()


def _single(content: dict[str, Any], parts: Sequence[Part]) -> bytes:
    """Return the page with everything inside, as text: no script element can end within base64."""
    worker = Part("worker", bundle(BROWSER / "engine" / "worker.js").encode())
    files = "\n".join(
        f'<script type="text/plain" id="file:{part.name}">{base64.b64encode(part.data).decode()}</script>'
        for part in (worker, *parts)
    )
    css = "\n".join(
        file.read_text("utf-8") for file in (BROWSER / "page" / "site.css", PLAYER / "player.css")
    )
    script = bundle(BROWSER / "page" / "site.js").replace("</script", "<\\/script")
    return _page(
        content,
        policy=POLICY_INSIDE,
        style=f"<style>\n{css}\n</style>",
        files=files,
        script=f'<script type="module">\n{script}\n</script>',
    )
