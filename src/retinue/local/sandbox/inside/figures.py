"""matplotlib's backend in the sandbox: a figure that is shown becomes a picture of the answer.

matplotlib imports this module by the name in MPLBACKEND; nothing else may, for it needs matplotlib.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from retinue.local.sandbox.inside.worker import pictures

FigureCanvas: Any = import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
FigureManager: Any = import_module("matplotlib.backend_bases").FigureManagerBase
_managers: Any = import_module("matplotlib._pylab_helpers").Gcf


def show(*_positional: object, **_named: object) -> None:
    """Hand over every open figure as a PNG file, and close it."""
    for manager in _managers.get_all_fig_managers():
        picture = io.BytesIO()
        manager.canvas.figure.savefig(picture, format="png", bbox_inches="tight")
        for sink in pictures:
            sink(picture.getvalue())
    _managers.destroy_all()
