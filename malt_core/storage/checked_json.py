"""From JSON to dataclasses, with every type checked on the way; and what JSON cannot hold."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from malt_core.errors import BadConfig

T = TypeVar("T")
_PLAIN = {bool: "true or false", int: "a whole number", str: "text"}


def finite_or_none(value: float | None, digits: int | None = None) -> float | None:
    """Return the number, rounded if digits are given; None if infinite or undefined: JSON has neither."""
    if value is None or not math.isfinite(value):
        return None
    return value if digits is None else round(value, digits)


def build(kind: type[T], value: Any, where: str) -> T:
    """Return the JSON value as `kind`: a dataclass, bool, int, float, str, Literal, X | None, tuple[X, ...]
    or dict[str, X].

    Fields that a dataclass has not are passed over; those with a default may be missing. where: for messages,
    such as the name of a file. Raises BadConfig, naming the field, for anything else than `kind`.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _dataclass(kind, value, where)
    if origin is Literal:
        _require(value in inner, where, " or ".join(map(str, inner)), value)
        return value
    if inner and type(None) in inner:
        (other,) = (k for k in inner if k is not type(None))
        return None if value is None else build(other, value, where)
    if origin is tuple:
        _require(isinstance(value, list), where, "a list", value)
        return tuple(build(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        _require(isinstance(value, dict), where, "an object", value)
        return {key: build(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        _require(number, where, "a number", value)
        return float(value)
    _require(type(value) is kind, where, _PLAIN[kind], value)
    return value


def _dataclass(kind: type[T], value: Any, where: str) -> T:
    _require(isinstance(value, dict), where, "an object", value)
    hints, known = get_type_hints(kind), {}
    for field in fields(kind):
        if field.name in value:
            known[field.name] = build(hints[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is MISSING:
            raise BadConfig(f"{where} has no {field.name}.")
    try:
        return kind(**known)
    except BadConfig as error:  # each value is of the right type, and out of range
        raise BadConfig(f"{where}: {error}") from None


def _require(holds: bool, where: str, expected: str, found: Any) -> None:
    if not holds:
        raise BadConfig(f"{where} is {str(found)[:40]!r}; expected {expected}.")
