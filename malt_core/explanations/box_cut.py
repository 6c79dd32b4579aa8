"""The cut of a plane with the ball that an attack must stay in, exactly."""

from __future__ import annotations

import math

import numpy as np

from malt_core.types import Norm

Corner = tuple[float, float]
_CIRCLE = 96  # corners that stand for a circle


def ball_cut(u: np.ndarray, v: np.ndarray, eps: float, norm: Norm) -> tuple[Corner, ...]:
    """Return the outline of all (a, b) with ||a u + b v|| <= eps, its corners in order around 0.

    u, v: (N,) orthogonal directions of the same length in L2, N >= 2. For linf it is a polygon, exact up to
    float64: its polar dual is the convex hull of the 2 N points ±(u_i, v_i) / eps, whose edges give its
    corners. For l2 it is a circle, drawn with 96 corners.
    """
    if norm == "l2":
        radius = eps / float(np.linalg.norm(u))
        turns = (2 * math.pi * k / _CIRCLE for k in range(_CIRCLE))
        return tuple((radius * math.cos(turn), radius * math.sin(turn)) for turn in turns)
    from scipy.spatial import ConvexHull

    points = np.stack((u, v), axis=1).astype(np.float64) / eps
    hull = ConvexHull(np.concatenate((points, -points)))
    corners = hull.points[hull.vertices]  # in two dimensions they come in order
    return tuple(_meeting(p, q) for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True))


def _meeting(p: np.ndarray, q: np.ndarray) -> Corner:
    """Return where the lines <p, w> = 1 and <q, w> = 1 meet."""
    a, b = np.linalg.solve(np.stack((p, q)), np.ones(2))
    return float(a), float(b)
