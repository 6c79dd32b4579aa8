"""What every attack relies on is tried out ahead of it: sentences for networks that do not keep to it."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional

from malt_core import AttackConfig, BadConfig, MaltWarning, attack, malt, measure_linearity
from malt_core.attacks import registry
from malt_core.numerics.guard import evaluation_mode
from malt_core.numerics.modules import modules_within
from malt_core.trust import soundness
from tests.helpers.analytic import Constant, Counted, classes, images, sample, smooth_cnn
from tests.helpers.attacks import fast, same_batch


class Around(nn.Module):
    """A network that does something with images and another network."""

    def __init__(self, function, network: nn.Module | None = None) -> None:
        super().__init__()
        self.network, self.function = network or smooth_cnn(), function

    def forward(self, x):
        return self.function(self.network, x)


def with_statistics() -> nn.Module:
    """A network with batch norm and dropout that has been trained a little, still in training mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(3, 8, 3),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(288, 12),
        )
        for seed in range(5):
            network(images(16, seed=seed))
    return network


HIDDEN = {
    "closure": lambda m: lambda x: m(x),
    "default": lambda m: lambda x, m=m: m(x),
    "method": lambda m: m.forward,
    "list": lambda m: Around(lambda _, x, hidden=[m]: hidden[0](x)),
    "itself": lambda m: m,
}


@pytest.mark.parametrize("wrap", HIDDEN.values(), ids=HIDDEN)
def test_modules_behind_a_function_are_in_evaluation_mode_too(wrap):
    network, x = with_statistics(), images(6)
    before = copy.deepcopy(network.state_dict())
    result = fast(wrap(network), x, eps=4 / 255)
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    network.eval()
    assert torch.equal(result.success, classes(network, result.adversarial) != classes(network, x))
    assert same_batch(result, fast(network, x, eps=4 / 255))


UNSOUND = {
    "statistics of the batch": lambda n, x: n(x - x.mean((0, 2, 3), keepdim=True)),
    "batch norm": lambda n, x: n(functional.batch_norm(x, None, None, training=True)),
    "its neighbours": lambda n, x: n(x) + n(x).mean(0),
    "with noise": lambda n, x: n(functional.dropout(x - x.mean((0, 2, 3), keepdim=True), 0.02)),
}


@pytest.mark.parametrize("function", UNSOUND.values(), ids=UNSOUND)
@pytest.mark.filterwarnings("ignore::malt_core.errors.MaltWarning")
def test_an_answer_that_depends_on_the_rest_of_the_batch_is_refused(function):
    model, x = Around(function), images(2)
    for ask in (
        lambda: fast(model, x),
        lambda: fast(lambda v: model(v), x),
        lambda: next(attack(model, sample(x[0]), AttackConfig())),
        lambda: measure_linearity(model, x[0], x[1], 0, 1),
        lambda: registry.run("fgsm", model, x, torch.tensor([0, 0]), norm="linf", eps=0.1),
    ):
        with pytest.raises(BadConfig, match="depends on what else is in the batch"):
            ask()


def test_noise_is_attacked_with_a_warning_and_the_callers_random_state_is_put_back_by_the_trial():
    model, x = Around(lambda n, x: n(x) + 0.2 * torch.randn(len(x), 12)), images(4)
    with pytest.warns(MaltWarning, match="another answer when it is asked again"):
        result = fast(model, x, eps=16 / 255)
    assert result.success.any()


def test_ordinary_networks_leave_the_random_state_alone_and_say_nothing():
    state = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(smooth_cnn(), images(2))
    assert torch.equal(torch.get_rng_state(), state)


class Counter(nn.Module):
    """Counts its calls in a buffer, which it replaces or changes, and answers all the same."""

    def __init__(self, *, in_place: bool) -> None:
        super().__init__()
        self.network, self.in_place = smooth_cnn(), in_place
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls = self.calls.add_(1) if self.in_place else self.calls + 1
        return self.network(x)


@pytest.mark.parametrize("in_place", [True, False])
def test_buffers_that_change_are_put_back_with_a_warning(in_place):
    model, x = Counter(in_place=in_place), images(2)
    buffer = model.calls
    with pytest.warns(MaltWarning, match="changed its buffer calls"):
        result = fast(model, x)
    assert model.calls is buffer
    assert float(buffer) == 0
    assert same_batch(result, fast(model.network, x))


# --- gradients --------------------------------------------------------------------------------------------


def without_gradient(network, x):
    with torch.no_grad():
        return network(x)


CUT = {
    "no_grad": without_gradient,
    "detach": lambda n, x: n(x).detach(),
    "detached input": lambda n, x: n(x.detach()),
    "numpy": lambda n, x: n(torch.from_numpy(x.detach().numpy())),
}


@pytest.mark.parametrize("function", CUT.values(), ids=CUT)
def test_a_network_that_no_gradient_gets_through_is_refused(function):
    model, x = Around(function), images(2)
    for ask in (
        lambda: fast(model, x),
        lambda: next(attack(model, sample(x[0]), AttackConfig())),
        lambda: measure_linearity(model, x[0], x[1], 0, 1),
        lambda: registry.run("pgd", model, x, [0, 0], norm="linf", eps=0.1),
        lambda: registry.run("apgd-ce", model, x, [0, 0], norm="linf", eps=0.1),
    ):
        with pytest.raises(BadConfig, match="No gradient reaches the images"):
            ask()


def test_a_constant_network_needs_no_gradient():
    assert not fast(Constant([1.0, 2.0, 3.0]), images(2)).success.any()
    assert not fast(lambda x: torch.ones(len(x), 4), images(2)).success.any()


# --- images are never overwritten -------------------------------------------------------------------------


def normalising_in_place(network, x):
    return network(x.sub_(0.5).div_(0.25))


def test_a_network_that_writes_into_its_input_is_attacked_and_writes_into_a_copy():
    network, x = smooth_cnn(), images(4)
    careful = Around(lambda n, x: n((x - 0.5) / 0.25), network)
    careless = Around(normalising_in_place, network)
    expected = fast(careful, x)
    assert expected.success.any()
    assert same_batch(fast(careless, x), expected)
    assert same_batch(fast(lambda v: careless(v), x), expected)
    for attack_ in ("pgd", "fgsm", "apgd-ce"):
        found = [
            registry.run(attack_, m, x, [3, 3, 3, 3], norm="linf", eps=0.1).adversarial
            for m in (careless, careful)
        ]
        assert torch.equal(*found)
    results = [[*attack(m, sample(x[0]), AttackConfig(n_iter=5))][-1].result for m in (careless, careful)]
    assert torch.equal(results[0].adversarial, results[1].adversarial)
    reports = [measure_linearity(m, x[0], x[1], 0, 1).true_margin for m in (careless, careful)]
    assert reports[0] == reports[1]
    assert torch.equal(x, images(4))


# --- sentences --------------------------------------------------------------------------------------------


class Returning:
    def __init__(self, logits):
        self.logits = logits


@pytest.mark.parametrize(
    ("wrap", "advice"),
    [
        (lambda z: (z, z), r"model\(x\)\[0\]"),
        (lambda z: {"logits": z}, r"model\(x\)\['logits'\]"),
        (lambda z: {"out": z}, r"model\(x\)\['out'\]"),
        (Returning, r"model\(x\)\.logits"),
        (lambda z: None, "returned NoneType"),
        (lambda z: z[:, :1].sigmoid(), "one output says yes or no"),
    ],
)
def test_outputs_that_hold_logits_somewhere_come_with_advice(wrap, advice):
    with pytest.raises(BadConfig, match=advice):
        fast(Around(lambda n, x: wrap(n(x))), images(2))


def refusing(condition):
    def function(network, x):
        if condition(x):
            raise ValueError("not so many")
        return network(x)

    return Around(function)


@pytest.mark.parametrize(("takes", "fails"), [(4, 2), (2, 1)])
def test_a_network_for_some_numbers_of_images_only_gets_a_sentence(takes, fails):
    allowed = {takes, 2} - {fails}
    message = rf"fails on images.*not so many\. It takes {takes} .* but not {fails}"
    with pytest.raises(BadConfig, match=message):
        fast(refusing(lambda x: len(x) not in allowed), images(4))


def test_channels_last_in_grey_get_the_advice_that_rgb_gets():
    model = smooth_cnn(channels=1)
    with pytest.raises(BadConfig, match=r"\(2, 8, 8, 1\) looks like .* give x\.permute\(0, 3, 1, 2\)"):
        fast(model, torch.rand(2, 8, 8, 1))


def test_networks_made_under_inference_mode_get_a_sentence_that_helps():
    with torch.inference_mode():
        made = nn.Sequential(nn.Flatten(), nn.Linear(192, 10))
    with pytest.raises(BadConfig, match=r"made under torch\.inference_mode.*copy\.deepcopy"):
        fast(made, images(2))
    assert fast(copy.deepcopy(made), images(2)).success.shape == (2,)


def test_networks_whose_weights_are_still_to_be_made_get_a_sentence():
    with pytest.raises(BadConfig, match="not initialised yet: call it once"):
        fast(nn.Sequential(nn.Flatten(), nn.LazyLinear(10)), images(2))


def test_half_precision_is_refused_in_one_sentence_everywhere():
    model, x = smooth_cnn().half(), images(2)
    for ask in (
        lambda: fast(model, x),
        lambda: next(attack(model, sample(x[0]), AttackConfig())),
        lambda: measure_linearity(model, x[0], x[1], 0, 1),
        lambda: registry.run("fgsm", model, x, [0, 0], norm="linf", eps=0.1),
    ):
        with pytest.raises(BadConfig, match=r"weights are torch\.float16; .* model\.float\(\)"):
            ask()


def test_a_module_that_casts_inside_is_attacked_like_the_same_as_a_function():
    model, x = Around(lambda n, x: n(x.bfloat16()).float(), smooth_cnn().bfloat16()), images(4)
    result = fast(model, x, eps=16 / 255)
    assert result.success.any()
    assert same_batch(result, fast(lambda v: model(v), x, eps=16 / 255))


# --- what is left alone -----------------------------------------------------------------------------------


def test_gradients_and_hooks_of_the_caller_are_left_alone():
    model, x, seen = smooth_cnn(), images(2), []
    model(x).sum().backward()
    kept = [p.grad.clone() for p in model.parameters()]
    handle = model[0].register_forward_hook(lambda m, i, o: seen.append(o))
    result = fast(model, x)
    handle.remove()
    assert all(torch.equal(p.grad, before) for p, before in zip(model.parameters(), kept, strict=True))
    assert same_batch(result, fast(model, x))


def test_a_network_may_return_the_same_tensor_each_time():
    network, x = smooth_cnn(), images(4)
    stores: dict[int, torch.Tensor] = {}

    def model(v):
        z = network(v)
        if torch.is_grad_enabled():
            return z
        return stores.setdefault(len(z), torch.empty_like(z)).copy_(z)

    assert same_batch(fast(model, x, batch_size=2), fast(network, x, batch_size=2))


def test_the_trial_costs_what_it_says():
    model = Counted(smooth_cnn())
    with evaluation_mode(model):
        tried = soundness.try_out(model, images(3))
    assert tried.network is model
    assert (model.forwards, model.backwards) == (soundness.FORWARD, soundness.BACKWARD)


def test_modules_are_found_once_each_and_torch_is_not_searched():
    network = smooth_cnn()
    assert {id(m) for m in modules_within(lambda x: network(functional.relu(x)))} == {
        id(m) for m in network.modules()
    }


def test_malt_on_a_module_in_data_parallel_or_without_parameters():
    network, x = smooth_cnn(), images(4)
    assert same_batch(fast(nn.DataParallel(network), x), fast(network, x))
    weight = torch.randn(192, 5, generator=torch.Generator().manual_seed(0))
    assert malt(Around(lambda _, v: v.flatten(1) @ weight, nn.Identity()), x, eps=0.1).success.any()
