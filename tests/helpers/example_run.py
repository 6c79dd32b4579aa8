"""A small but real run for tests of what shows runs: a tiny smooth network, one signed-gradient step."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from malt_core.attack_run.likeness import likeness
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackConfig, AttackResult, RankedTarget
from malt_core.linearity.measurement import measure_linearity
from malt_core.types import ModelInfo, Norm, Sample

CLASSES = tuple(f"class {i}" for i in range(12))


def network(size: int) -> nn.Module:
    """A two-layer network for (B, 3, size, size) and twelve classes, the same at every call."""
    torch.manual_seed(15)
    layers = nn.Flatten(), nn.Linear(3 * size * size, 24), nn.Tanh(), nn.Linear(24, len(CLASSES))
    model = nn.Sequential(*layers).requires_grad_(False)
    # Confident enough that the attack has some way to go, and bent enough that a straight line shows it.
    model[1].weight *= 3
    model[3].weight *= 10
    return model


def example_run(
    *,
    size: int = 8,
    steps: float = 16,
    name: str = "holiday.png",
    classes: tuple[str, ...] = CLASSES,
    norm: Norm = "linf",
    seed: int = 0,
) -> AttackRun:
    """One step of steps/255 down the margin of the likeliest class over the second, and its linearity."""
    generator = torch.Generator().manual_seed(seed)
    x0 = torch.randint(0, 256, (3, size, size), generator=generator).float() / 255
    model = network(size)
    label, target = model(x0[None])[0].topk(2).indices.tolist()
    gradient = _margin_gradient(model, x0, label, target)
    adversarial = (x0 - steps / 255 * gradient.sign()).clamp(0, 1)
    clean, attacked = (model(x[None]).softmax(1)[0] for x in (x0, adversarial))
    ranked = RankedTarget(
        index=target, rank=1, confidence_rank=1, margin=1.0, gradient_norm=1.0, predicted_distance=1.0
    )
    result = AttackResult(
        label=label,
        clean_index=label,
        clean_confidence=float(clean[label]),
        clean_top=tuple(zip(*(column.tolist() for column in clean.topk(5)[::-1]), strict=True)),
        already_wrong=False,
        success=int(attacked.argmax()) != label,
        reached=int(attacked.argmax()) == target,
        margin_left=_margin_left(clean, attacked, label),
        adversarial=adversarial,
        adversarial_index=int(attacked.argmax()),
        adversarial_confidence=float(attacked.max()),
        survives_png=float(steps).is_integer(),
        target=ranked,
        steps=1,
        steps_total=1,
        n_forward=2,
        n_backward=1,
        seconds=0.0,
        device="cpu",
        perturbation_norm=float((adversarial - x0).abs().max()),
        loss="margin",
        ranking=(ranked,),
        n_targets=1,
        attempts=(),
        trace=(),
    )
    return AttackRun(
        model=_info(size, classes),
        sample=Sample(x=x0, name=name, digest="0" * 64),
        config=AttackConfig(norm=norm, eps=steps / 255),
        crop="centre",
        source=name,
        result=result,
        linearity=measure_linearity(model, x0, adversarial, label, target),
        likeness=likeness(x0, adversarial),
    )


def already_wrong() -> AttackRun:
    """The same picture, but the model gets it wrong without any attack."""
    run = example_run()
    result = replace(
        run.result,
        already_wrong=True,
        success=False,
        adversarial=run.sample.x,
        label=0,
        clean_index=3,
        adversarial_index=3,
        reached=False,
        margin_left=math.nan,
        target=None,
        ranking=(),
        attempts=(),
        steps=0,
        perturbation_norm=0.0,
    )
    return replace(run, result=result, linearity=None, likeness=likeness(run.sample.x, run.sample.x))


def _margin_left(clean: Tensor, attacked: Tensor, label: int) -> float:
    """What is left of the label's lead, in logits, from the probabilities (K,) before and after."""

    def lead(shares: Tensor) -> float:
        others = torch.cat((shares[:label], shares[label + 1 :]))
        return float(shares[label].log() - others.max().log())

    return lead(attacked) / lead(clean)


def _margin_gradient(model: nn.Module, x0: Tensor, label: int, target: int) -> Tensor:
    x = x0[None].clone().requires_grad_()
    logits = model(x)[0]
    return torch.autograd.grad(logits[label] - logits[target], x)[0][0]


def _info(size: int, classes: tuple[str, ...]) -> ModelInfo:
    return ModelInfo(
        id="tests/tiny",
        title="Tiny network",
        dataset="none",
        size=(size, size),
        classes=classes,
        suggested_eps=16 / 255,
        offline=True,
        source="tests",
        licence="MIT",
    )
