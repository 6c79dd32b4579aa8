"""From JSON to frozen dataclasses and back: msgspec checks every type, and its errors become words here."""

from __future__ import annotations

import json
import math
import re
from types import NoneType
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

import msgspec

from malt_core.errors import BadConfig

T = TypeVar("T")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "bytes": "base64 text",
}


def parse_json(data: bytes | str, where: str) -> Any:
    """Return what the JSON text holds. where: the file, for messages.

    Raises BadConfig for anything else than JSON, for NaN and infinite numbers, and for nesting without end.
    """
    # Not msgspec's own parser: it refuses names of files that are not UTF-8, which a report may hold.
    try:
        return json.loads(data, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise BadConfig(f"{where} cannot be read: its lists and objects are nested too deeply.") from None
    except ValueError as error:
        raise BadConfig(f"{where} cannot be read: it is not JSON ({error}).") from None


def typed(kind: type[T], content: Any, where: str) -> T:
    """Return the content of a JSON file as `kind`, a dataclass or a type made of dataclasses.

    Fields that a dataclass has not are passed over; those with a default may be missing. bytes are base64
    text. where: the file, for messages. Raises BadConfig, naming the field, for anything else than `kind`.
    """
    try:
        return msgspec.convert(content, kind, str_keys=True)
    except msgspec.ValidationError as error:
        raise BadConfig(_sentence(str(error), kind, where)) from None
    except BadConfig as error:  # each value is of the right type, and one is out of range
        raise BadConfig(f"In {where}: {error}") from None
    except (ValueError, OverflowError) as error:  # a name that is no Unicode, a number beyond all floats
        raise BadConfig(f"{where} cannot be read: {error}.") from None


def finite_or_none(value: float, digits: int | None = None) -> float | None:
    """Return the number, rounded if digits are given; None if infinite or undefined: JSON has neither."""
    if not math.isfinite(value):
        return None
    return value if digits is None else round(value, digits)


def plain(value: Any) -> Any:
    """Return dataclasses, tuples and bytes as lists, dicts and text; `typed` reads them back.

    Raises ValueError for NaN and infinite numbers.
    """
    return json.loads(json.dumps(msgspec.to_builtins(value, str_keys=True), allow_nan=False))


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"it has {constant} for a number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _sentence(message: str, kind: Any, where: str) -> str:
    """Return msgspec's message, such as "Expected `int`, got `str` - at `$.images[3].label`", for people."""
    located = re.fullmatch(r"(.*) - at (`key` in )?`\$(.*)`", message, re.DOTALL)
    what, of_key, path = located.groups() if located else (message, None, "")
    place = path.removeprefix(".")
    inside = f"In {where}, {place}" if place else where
    if missing := re.fullmatch("Object missing required field `(.*)`", what):
        return f"{inside} has no {missing[1]}."
    if place.endswith("[...]"):
        inside = f"In {where}, a value of {place.removesuffix('[...]')}"
    if of_key:
        inside = f"In {where}, a name in {place or 'it'}"
    if wrong := re.fullmatch("Expected `([^`]*)`, got `([^`]*)`", what):
        expected = " or ".join(_WORDS.get(kind, kind) for kind in wrong[1].split(" | "))
        found = "a decimal number" if wrong[2] == "float" else _WORDS.get(wrong[2], wrong[2])
        return f"{inside} should be {expected}, not {found}."
    if unknown := re.fullmatch("Invalid enum value (.*)", what, re.DOTALL):
        return f"{inside} should be {_choices(kind, path)}, not {unknown[1][:40]}."
    return f"{inside} cannot be read: {what}."


def _choices(kind: Any, path: str) -> str:
    """Return the values that the Literal at the path allows, such as "malt or naive"."""
    for field in re.findall(r"\.(\w+)|\[[^]]*\]", path):
        kind = get_type_hints(kind)[field] if field else [k for k in get_args(kind) if k is not ...][-1]
        if NoneType in get_args(kind):
            (kind,) = (k for k in get_args(kind) if k is not NoneType)
    return " or ".join(map(str, get_args(kind)))
