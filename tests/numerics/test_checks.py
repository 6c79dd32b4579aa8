"""Images, labels and radii come in any kind that says the same."""

import numpy as np
import pytest
import torch

from malt_core import AttackConfig, BadConfig, BadImage, Sample, attack, malt, measure_linearity
from malt_core.attacks import registry
from malt_core.numerics.checks import check_class, check_labels
from tests.helpers.analytic import classes, images, sample, smooth_cnn
from tests.helpers.attacks import fast, same_batch

NUMPY = [np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int16, np.int32, ">i4"]
TORCH = [torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16, torch.int32]


@pytest.mark.parametrize("kind", [*NUMPY, *TORCH], ids=str)
def test_labels_of_every_integer_type(kind):
    model, x = smooth_cnn(), images(4)
    y = classes(model, x)
    given = y.to(kind) if isinstance(kind, torch.dtype) else y.numpy().astype(kind)
    assert same_batch(fast(model, x, given), fast(model, x, y))
    assert torch.equal(
        registry.run("fgsm", model, x, given, norm="linf", eps=0.1).adversarial,
        registry.run("fgsm", model, x, y, norm="linf", eps=0.1).adversarial,
    )


@pytest.mark.parametrize(
    "convert",
    [list, tuple, lambda y: [np.uint16(i) for i in y], lambda y: [torch.tensor(i) for i in y]],
)
def test_labels_in_sequences(convert):
    assert check_labels(convert([3, 0, 4]), torch.zeros(3, 5)).tolist() == [3, 0, 4]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 2**63], np.uint64), "labels from 0 to 9223372036854775808"),
        (torch.tensor([0, 300], dtype=torch.int16), "labels from 0 to 300; the model has 0 to 4"),
        (np.array([True, False]), "one class index"),
        (torch.tensor([0.0, 1.0]), "one class index"),
        (np.array(["a", "b"]), "cannot be read"),
        (np.array([0j, 1j]), "one class index"),
        ({}, "y must hold"),
    ],
)
def test_other_labels_are_refused(y, message):
    with pytest.raises(BadConfig, match=message):
        check_labels(y, torch.zeros(2, 5))


@pytest.mark.parametrize("index", [3, np.uint16(3), torch.tensor(3, dtype=torch.uint32), np.int8(3)])
def test_one_class_of_any_integer_type(index):
    assert check_class(index, 5) == 3


@pytest.mark.parametrize("index", [5, -1, 2.0, True, np.bool_(True), torch.tensor(True), "3", None, [1, 2]])
def test_one_class_that_is_none(index):
    with pytest.raises(BadConfig, match="Label"):
        check_class(index, 5)


# --- every public function takes what malt takes ----------------------------------------------------------

KINDS = {
    "numpy": lambda x: x.numpy(),
    "numpy float64": lambda x: x.numpy().astype(np.float64),
    "float64": lambda x: x.double(),
    "requires grad": lambda x: x.clone().requires_grad_(),
    "reversed twice": lambda x: x.flip(-1).numpy()[..., ::-1],
    "not contiguous": lambda x: x.permute(2, 1, 0).contiguous().permute(2, 1, 0),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_one_image_of_any_kind(kind):
    model, (x, x_adv) = smooth_cnn(), images(2)
    config = AttackConfig(n_iter=5)
    result, expected = ([*attack(model, sample(v), config)][-1].result for v in (kind(x), x))
    assert torch.equal(result.adversarial, expected.adversarial)
    given = measure_linearity(model, kind(x), kind(x_adv), np.uint8(0), torch.tensor(1))
    assert given.true_margin == measure_linearity(model, x, x_adv, 0, 1).true_margin


def test_float64_networks_are_taken_everywhere():
    single, x = smooth_cnn(), images(3)
    model = smooth_cnn().double()
    result = [*attack(model, sample(x[0]), AttackConfig(eps=16 / 255, n_iter=20))][-1].result
    assert result.success
    assert result.adversarial.dtype == torch.float64
    expected = measure_linearity(single, x[0], x[1], 0, 1).true_margin
    assert measure_linearity(model, x[0], x[1], 0, 1).true_margin == pytest.approx(expected, abs=1e-5)
    for name in ("malt", "pgd", "fgsm", "apgd-ce"):
        found = registry.run(name, model, x, None, norm="linf", eps=16 / 255)
        assert (classes(model, found.adversarial.double()) != classes(single, x)).any()


BAD = {
    "0 to 255": (lambda x: x * 255, "divide by 255"),
    "-1 to 1": (lambda x: x * 2 - 1, "normalise inside the model"),
    "NaN": (lambda x: x * torch.nan, "NaN"),
    "uint8": (lambda x: (x * 255).to(torch.uint8), "Divide 8-bit pixels by 255"),
    "empty": (lambda x: x[:, :0], "no pixels"),
    "text": (lambda x: "cat.png", "not str"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_what_malt_refuses_every_function_refuses(spoil, message):
    model, x = smooth_cnn(), images(2)
    with pytest.raises(BadImage, match=message):
        measure_linearity(model, spoil(x[0]), spoil(x[1]), 0, 1)
    with pytest.raises(BadImage, match=message):
        next(attack(model, Sample(x=spoil(x[0]), name="a", digest="b"), AttackConfig()))
    batch = spoil(x) if message != "no pixels" else x[:0]
    with pytest.raises(BadImage, match=message):
        registry.run("fgsm", model, batch, [0, 1], norm="linf", eps=0.1)


DOUBLE = torch.tensor(8 / 255, dtype=torch.float64)


@pytest.mark.parametrize("eps", [DOUBLE, np.float64(8 / 255), np.array(8 / 255)])
def test_the_radius_may_be_a_number_of_any_library(eps):
    model, x = smooth_cnn(), images(2)
    assert same_batch(fast(model, x, eps=eps), fast(model, x, eps=8 / 255))
    assert type(AttackConfig(eps=eps).eps) is float


@pytest.mark.parametrize("eps", [torch.tensor([0.1, 0.2]), torch.tensor(True), np.array([0.1])])
def test_other_radii_are_refused(eps):
    with pytest.raises(BadConfig, match="eps must be a number"):
        malt(smooth_cnn(), images(1), eps=eps)
