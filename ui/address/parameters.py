"""The settings of a page, each declared once: a field of the page's record, with what it may be.

Its parameter in the address, its widget, default, range, help, and whether a link may hide it all follow from
that one row. A link can be shortened, mistyped or made up, so reading one never fails: what cannot be used
is replaced by the default and complained about in words. Nothing here knows about Streamlit.
"""

from __future__ import annotations

import difflib
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, Self, TypeVar

from malt_core.epsilon import parse_number, suggested_epsilon
from malt_core.errors import BadConfig
from malt_core.networks import network_info
from malt_core.types import Norm

RUN, HIDE = "run", "hide"  # parameters of every address: start at once; settings whose widgets are not drawn
EPS_RANGE: dict[Norm, tuple[float, float]] = {"linf": (0.05, 255.0), "l2": (0.01, 100.0)}
NONE_OF_THESE = "none"  # for a picture that shows nothing that the model has a word for

Values = Mapping[str, Any]
Complain = Callable[[str], None]


# One comma between two whole numbers, as in 4,5: typed by people who write decimals so. Where a space follows
# the comma, where there are more of them (2,4,8), or where numbers have a point (0.25,0.5), commas separate.
_DECIMAL_COMMA = re.compile(r"(?<![\d.,/])(\d+),(\d+)(?![\d./]|,\S)")


def with_points(text: str) -> str:
    """Numbers as people type them, several in a line, with a point where they wrote a decimal comma."""
    return _DECIMAL_COMMA.sub(r"\1.\2", text)


def radius(text: str, norm: Norm) -> float:
    """What somebody has typed as ε: n of n/255 for linf, plain pixel units for l2.

    Raises BadConfig, saying what is wrong and what would be right, for no number and for one out of range.
    """
    example = "4, 0.5 or 4/255" if norm == "linf" else "0.5"
    try:
        value = parse_number(text, norm)
    except BadConfig:
        said = f"“{text.strip()[:20]}” is no number" if text.strip() else "There is nothing here"
        raise BadConfig(f"{said}: write ε as {example}.", setting="eps") from None
    low, high = EPS_RANGE[norm]
    if low <= value <= high:
        return value
    unit = " (in steps of 1/255)" if norm == "linf" else ""
    why = "leaves no room to move" if value <= 0 else "is out of range"
    raise BadConfig(f"{value:g} {why}: ε must be from {low:g} to {high:g}{unit}.", setting="eps")


def default_eps(model: str, norm: Norm) -> float:
    """A radius worth trying on a model: n of n/255 for linf, plain pixel units for l2."""
    return float(f"{suggested_epsilon(network_info(model), norm).number:.4g}")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One setting of a page.

    label, help: of its widget. name: in the address, by default the field's; formerly: the name that earlier
    versions gave it there. depends: the settings whose change sets it back to its default.
    """

    label: str
    help: str = ""
    name: str = ""
    formerly: str = ""
    depends: tuple[str, ...] = ()

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        """The value that the address gives, MISSING (and a complaint) where it cannot be used.

        name: in the address; before: the settings that stand before this one in the record.
        """
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """What the address says for the value."""
        return str(value)

    def default(self, before: Values) -> Any:
        """The default where it depends on other settings."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Choice(Parameter):
    """One of several. choices: their names in the address, or a function that lists them.

    titles: for people, by name, or a function of the name. noun: what a complaint calls it.
    few: so few that all are shown at once. retired: choices of earlier versions, and what to say of each.
    """

    choices: Sequence[str] | Callable[[], Sequence[str]]
    titles: Mapping[str, str] | Callable[[str], str] = str
    noun: str = ""
    few: bool = False
    retired: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """All choices."""
        return tuple(self.choices() if callable(self.choices) else self.choices)

    def title(self, choice: str) -> str:
        """A choice, for people."""
        return self.titles(choice) if callable(self.titles) else self.titles[choice]

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        if text in self.options:
            return text
        if text in self.retired:
            complain(self.retired[text])
            return MISSING
        close = difflib.get_close_matches(text, self.options, 1)
        few = f" There are {', '.join(self.options)}." if len(self.options) <= 10 else ""
        hint = f" Did you mean {close[0]}?" if close else few
        noun = self.noun or name
        complain(f"The link asks for the {noun} “{text[:60]}”, which does not exist here.{hint}")
        return MISSING


@dataclass(frozen=True, kw_only=True)
class Several(Choice):
    """Any number of the choices, as a tuple in their order; in the address with commas between them."""

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        asked = {super(Several, self).read(word, name, before, complain) for word in text.split(",") if word}
        return self.in_order(asked)

    def in_order(self, chosen: Iterable[str]) -> tuple[str, ...]:
        """The choices among these, each once, in their order."""
        return tuple(choice for choice in self.options if choice in set(chosen))

    def write(self, value: Sequence[str]) -> str:
        return ",".join(value)

    def default(self, before: Values) -> tuple[str, ...]:
        return self.options


@dataclass(frozen=True, kw_only=True)
class Count(Parameter):
    """A whole number from low to high; step: of the widget's buttons."""

    low: int
    high: int
    step: int = 1

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        try:
            value = int(text)
        except ValueError:
            complain(f"The link says {name}={text[:20]}, which is not a number as expected here.")
            return MISSING
        if self.low <= value <= self.high:
            return value
        complain(f"The link says {name}={text[:20]}: {name} must be from {self.low} to {self.high}.")
        return MISSING


@dataclass(frozen=True, kw_only=True)
class Number(Parameter):
    """A decimal number from low to high; step: of the widget's buttons."""

    low: float
    high: float
    step: float

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        try:
            value = float(text)
        except ValueError:
            complain(f"The link says {name}={text[:20]}, which is not a number as expected here.")
            return MISSING
        if self.low <= value <= self.high:
            return value
        complain(f"The link says {name}={text[:20]}: {name} must be from {self.low:g} to {self.high:g}.")
        return MISSING

    def write(self, value: float) -> str:
        return f"{value:g}"


@dataclass(frozen=True, kw_only=True)
class PerNorm(Parameter):
    """A setting that is called otherwise for each norm. label, help: for linf; the others for l2."""

    label_l2: str
    help_l2: str

    def words(self, norm: Norm) -> tuple[str, str]:
        """Label and help."""
        return (self.label, self.help) if norm == "linf" else (self.label_l2, self.help_l2)


@dataclass(frozen=True, kw_only=True)
class Radius(PerNorm):
    """ε: n of n/255 for linf, plain pixel units for l2."""

    depends: tuple[str, ...] = ("model",)

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        try:
            return radius(text, before["norm"])
        except BadConfig as error:
            complain(f"The link says {name}={text[:20]}. {error}")
            return MISSING

    def write(self, value: float) -> str:
        return f"{value:g}"

    def in_words(self, value: float, norm: Norm) -> str:
        """What such a radius allows."""
        if norm == "l2":
            return "The root of the sum of all squared changes; a colour value goes from 0 to 1."
        return f"{value:g}/255: {value:g} of the 255 steps from black to full brightness."

    def default(self, before: Values) -> float:
        return default_eps(before["model"], before["norm"])


@dataclass(frozen=True, kw_only=True)
class Radii(PerNorm):
    """One or several ε in a line of text, kept as it was typed, right or wrong.

    In an address a comma always separates, as it did before decimal commas were understood: 2,4 are two.
    """

    depends: tuple[str, ...] = ("model", "norm")

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        return _DECIMAL_COMMA.sub(r"\1, \2", text)

    def write(self, value: str) -> str:
        return with_points(value)

    def default(self, before: Values) -> str:
        return f"{default_eps(before['model'], before['norm']):g}"


@dataclass(frozen=True, kw_only=True)
class ClassIndex(Parameter):
    """A class of the chosen model, None for what the model itself says."""

    placeholder: str
    depends: tuple[str, ...] = ("model",)

    def classes(self, before: Values) -> tuple[str, ...]:
        """The names of the model's classes."""
        return network_info(before["model"]).classes

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        return Count(label="", low=0, high=len(self.classes(before)) - 1).read(text, name, before, complain)

    def write(self, value: int | None) -> str:
        return "" if value is None else str(value)

    def default(self, before: Values) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class ShownClass(ClassIndex):
    """What a picture shows: a class of the chosen model, NONE_OF_THESE, or None where nobody said."""

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        return NONE_OF_THESE if text == NONE_OF_THESE else super().read(text, name, before, complain)


def setting(parameter: Parameter, default: Any = MISSING) -> Any:
    """A field of a page's record. Without a default, the parameter's own counts."""
    return field(default=default, metadata={"parameter": parameter})


@dataclass(frozen=True, kw_only=True)
class PageSettings:
    """What the widgets of a page say.

    page: the last part of the page's address.
    result_in_address: whether the address also says that one wants to see the result.
    pictures: those that are chosen, by their names in the address.
    """

    page: ClassVar[str]
    result_in_address: ClassVar[bool] = True

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The rows of the table, by the field's name."""
        return {row.name: row.metadata["parameter"] for row in fields(cls)}

    @classmethod
    def names(cls) -> frozenset[str]:
        """The parameters that an address of this page may have."""
        rows = cls.parameters().items()
        former = {parameter.formerly for _, parameter in rows if parameter.formerly}
        return frozenset({RUN, HIDE, *(parameter.name or name for name, parameter in rows)}) | former

    @classmethod
    def default_of(cls, name: str, before: Values) -> Any:
        """The default of a setting, given the values of those before it."""
        (row,) = (row for row in fields(cls) if row.name == name)
        return row.metadata["parameter"].default(before) if row.default is MISSING else row.default

    @classmethod
    def opening(cls) -> Self:
        """What the page shows where its address says nothing."""
        values: dict[str, Any] = {}
        for name in cls.parameters():
            values[name] = cls.default_of(name, values)
        return cls(**values)

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Asked[Self]:
        """What an address asks for."""
        if not params:
            return Asked(cls.opening(), False, (), ())
        values: dict[str, Any] = {}
        complaints: list[str] = []
        for field_name, parameter in cls.parameters().items():
            name = parameter.name or field_name
            if name not in params and parameter.formerly and parameter.formerly in params:
                name = parameter.formerly
            value = MISSING
            if name in params:
                value = parameter.read(params[name], name, values, complaints.append)
            values[field_name] = cls.default_of(field_name, values) if value is MISSING else value
        hidden = tuple(name for name in params.get(HIDE, "").split(",") if name in cls.parameters())
        return Asked(cls(**values), params.get(RUN) == "1", hidden, tuple(complaints))

    def write(self, *, run: bool = False, hidden: Sequence[str] = ()) -> dict[str, str]:
        """The parameters of the address of these settings. run: it starts at once, or shows the result."""
        rows = self.parameters().items()
        values = {
            parameter.name or name: parameter.write(getattr(self, name))
            for name, parameter in rows
            if getattr(self, name) is not None
        }
        return values | ({HIDE: ",".join(hidden)} if hidden else {}) | ({RUN: "1"} if run else {})

    @property
    def pictures(self) -> tuple[str, ...]:
        return ()

    def with_model(self, model: str, *, keep_eps: bool) -> Self:
        """The same for another model; what depends on it becomes its default, ε only if it may."""
        changes: dict[str, Any] = {"model": model}
        before = {**{name: getattr(self, name) for name in self.parameters()}, **changes}
        for name, parameter in self.parameters().items():
            if "model" in parameter.depends and not (keep_eps and isinstance(parameter, PerNorm)):
                changes[name] = self.default_of(name, before)
        return replace(self, **changes)

    def with_pictures(self, pictures: Sequence[str]) -> Self:
        """The same with the pictures that were chosen on another page, as far as this one can take them."""
        return self

    def query(self, hidden: Sequence[str] = (), *, run: bool = True) -> str:
        """The query string of a link to these settings. run: it shows their result."""
        return urllib.parse.urlencode(self.write(run=run, hidden=hidden), safe="/,")


S = TypeVar("S", bound=PageSettings)


@dataclass(frozen=True)
class Asked(Generic[S]):
    """What an address asks for. run: at once; hidden: settings whose widgets are not to be drawn."""

    settings: S
    run: bool
    hidden: tuple[str, ...]
    complaints: tuple[str, ...]
