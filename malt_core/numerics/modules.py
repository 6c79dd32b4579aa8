"""The torch modules that a network consists of, those included that a plain function only refers to."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor, nn

Network = nn.Module | Callable[[Tensor], Tensor]

DEPTH = 6  # references followed from one thing to the next
MOST = 10_000  # things looked at, and entries of a container that is looked into
_PLAIN = (Tensor, np.ndarray, str, bytes, int, float, complex, type, types.BuiltinFunctionType, type(None))
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def modules_within(network: Network) -> list[nn.Module]:
    """Return every module that the network is made of, each once.

    Of a module: itself and its submodules. Of anything, modules too: those in attributes and containers, in
    the closure, the defaults and the globals of a function, in the object of a method and in a partial. What
    is reached in another way, such as by importing inside the function, is not found.
    """
    found: dict[int, nn.Module] = {}
    seen: dict[int, Any] = {}  # kept, so that no id is given away meanwhile
    level: list[Any] = [network]
    for _ in range(DEPTH):
        following: list[Any] = []
        for thing in level:
            if isinstance(thing, _PLAIN) or id(thing) in seen or len(seen) >= MOST:
                continue
            seen[id(thing)] = thing
            if isinstance(thing, nn.Module):
                for module in thing.modules():
                    found[id(module)] = module
                    following += _hidden_in(module)
            else:
                following += _referred_to(thing)
        level = following
    return list(found.values())


def _hidden_in(module: nn.Module) -> Iterator[Any]:
    """Yield what a module holds without having registered it."""
    yield from (value for name, value in vars(module).items() if name not in _OF_EVERY_MODULE)
    if not _is_torchs(type(module)):
        yield type(module).forward


def _referred_to(thing: Any) -> Iterator[Any]:
    if isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, types.MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, types.FunctionType):
        if not _is_torchs(thing):
            yield from _of_function(thing)
    elif isinstance(thing, dict):
        yield from list(thing.values()) if len(thing) <= MOST else ()
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from list(thing) if len(thing) <= MOST else ()
    elif not isinstance(thing, types.ModuleType):
        yield from list(getattr(thing, "__dict__", {}).values())
        yield inspect.getattr_static(type(thing), "__call__", None)


def _of_function(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from vars(function).values()  # what decorators wrap
    names = set(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            if not _is_torchs(value):
                yield from (vars(value)[inner] for inner in names if inner in vars(value))
        else:
            yield value


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function looks up, and those of the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _is_torchs(thing: Any) -> bool:
    name = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None)
    return str(name).partition(".")[0] == "torch"
