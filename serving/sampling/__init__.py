"""Sampling: schedules of times, solvers over them, guidance over conditions. Plain numpy."""
