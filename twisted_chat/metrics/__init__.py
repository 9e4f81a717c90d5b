"""What a monitoring system asks for: the figures as Prometheus reads them, and whether all is well.

Nothing of it is imported where the operator does not want it.
"""
