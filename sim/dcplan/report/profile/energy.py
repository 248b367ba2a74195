"""Energy per sample and power against batch size, where a meter read them."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.numbers import quantity
from dcplan.report.profile.data import METERS, TASKS, Measured
from dcplan.report.profile.marks import add_points, axis, batch_axis, lines, y_axis

PANELS = (
    ("energy_j_per_sample", "energy_low_j_per_sample", "energy_high_j_per_sample", "J", "Energy per sample"),
    ("power_w", "power_low_w", "power_high_w", "W", "Power"),
)


def energy_figure(known: Measured, task: str) -> go.Figure | None:
    """Top: energy per sample; bottom: power, both against batch size; None if no meter read them."""
    rows = known.of(task)
    rows = rows[rows["energy_j_per_sample"].notna() & rows["power_w"].notna()]
    if rows.empty or not known.metered:
        return None
    figure = make_subplots(rows=2, cols=1, vertical_spacing=0.16)
    for place, (value, low, high, unit, title) in enumerate(PANELS, start=1):
        shown = axis(rows[value], unit)
        add_points(figure, lines(rows), (value, low, high), shown, row=place)
        y_axis(figure, shown, rows[value], title, row=place)
        batch_axis(figure, rows["batch"], place)
    usable = known.default(rows[rows["word"] != "INVALID"])
    finding = f"{TASKS[task]}: no metered point is usable"
    if len(usable):
        best = usable.iloc[int(usable["energy_j_per_sample"].argmin())]
        joules = quantity(float(best["energy_j_per_sample"]), "J")
        finding = f"{TASKS[task]} takes least energy with batch {best['batch']:g}: {joules} per sample"
    caption = (
        f"Read by {METERS[known.source]}, idle power included. The shaded band is the 95 % interval, chance and the "
        "meter's own error together."
    )
    return theme.titled(figure, finding, caption, 620)
