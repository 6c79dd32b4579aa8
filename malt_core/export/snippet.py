"""The Python that repeats a run, as one script; the notebook is made of the same parts."""

from __future__ import annotations

import base64
import textwrap
from dataclasses import fields

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackConfig
from malt_core.images import arrays, pixels
from malt_core.images.gallery import GALLERY

TOLD = """\
result, names = run.result, run.model.classes
print(f"before: {names[result.clean_index]} ({result.clean_confidence:.1%})")
print(f"after:  {names[result.adversarial_index]} ({result.adversarial_confidence:.1%})")
print(f"largest change of a colour value: {run.likeness.largest_change * 255:.3g}/255")
"""
AXES = """\
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
"""
DRAWN = """\
line = run.linearity
axes.plot(line.t, line.true_margin, label="true margin")
axes.plot(line.t, line.linear_margin, "--", label="straight line")
axes.axhline(0, color="grey", linewidth=1)
axes.set_xlabel("share of the way from the original (0) to the adversarial image (1)")
axes.set_ylabel("margin (logits)")
axes.set_title(f"Lead of {run.model.classes[run.result.label]} over {run.model.classes[line.target]}")
axes.legend()
"""
NEEDS = "MALT Lab has to be installed: `pip install .` in its folder."


def script_bytes(run: AttackRun) -> bytes:
    """Return a Python file that repeats the run, prints its result and draws its curves into curves.png."""
    head = f'"""A run of MALT Lab, repeated: python run.py. {NEEDS}"""\n'
    parts = (head, picture(run), attack(run), TOLD, AXES + DRAWN + 'figure.savefig("curves.png")\n')
    return "\n".join(parts).encode("utf-8", "replace")


def picture(run: AttackRun) -> str:
    """Return the code that loads the network as `model` and the picture as `sample`.

    A photograph that is not of the gallery is in the code itself, as the network saw it.
    """
    source, sample = run.source, run.sample
    load = f"model = load_model({run.model.id!r})\n"
    if source.startswith(GALLERY):
        return (
            "from malt_core import load_model\n"
            "from malt_core.images.sources import open_sample\n\n"
            f"{load}sample = open_sample({source!r}, model.info.size, crop={run.crop!r}{_label(run)})\n"
        )
    exact = ((sample.x * 255 - (sample.x * 255).round()).abs() <= 1e-3).all()
    about = f"name={sample.name!r}{_label(run)}"
    data = pixels.png_bytes(sample.x) if exact else arrays.npy_bytes(sample.x)
    kind = "PNG" if exact else ".npy"
    if exact:
        imports = (
            "from malt_core.images.decoding import decode\nfrom malt_core.images.resize import sample_of\n"
        )
        opened = f"sample = sample_of(decode(base64.b64decode(PICTURE), {sample.name!r}), {about})\n"
    else:
        imports = "from malt_core.images.arrays import read_npy, sample_of_array\n"
        opened = (
            f"array = read_npy(base64.b64decode(PICTURE), {sample.name!r}, model.info.size)\n"
            f"sample = sample_of_array(array, {about})\n"
        )
    text = "\n".join(textwrap.wrap(base64.b64encode(data).decode("ascii"), 100))
    return (
        f"import base64\n\nfrom malt_core import load_model\n{imports}\n"
        f'# The photograph as the network saw it, a {kind} file in base64.\nPICTURE = """\n{text}\n"""\n'
        f"{load}{opened}"
    )


def attack(run: AttackRun) -> str:
    """Return the code that attacks `sample` and measures the way, as `run`; usual settings are left out."""
    settings = [
        f"{field.name}={_value(run.config, field.name)}"
        for field in fields(AttackConfig)
        if field.name == "eps" or getattr(run.config, field.name) != field.default
    ]
    return (
        "from malt_core import AttackConfig\n"
        "from malt_core.attack_run.run import attack_and_measure\n\n"
        f"config = AttackConfig({', '.join(settings)})\n"
        f"*_, run = attack_and_measure(model, sample, config, crop={run.crop!r})\n"
    )


def _label(run: AttackRun) -> str:
    return "" if run.sample.label is None else f", label={run.sample.label}"


def _value(config: AttackConfig, name: str) -> str:
    if name != "eps":
        return repr(getattr(config, name))
    return config.epsilon.text.replace("/", " / ")
