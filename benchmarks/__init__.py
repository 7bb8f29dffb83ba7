"""Figures, run by hand, as ratios to bare floors and to other tools in the same run."""
