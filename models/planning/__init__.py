"""The planner: what a training costs in memory, time and money, before it is started. Arithmetic only, no torch."""
