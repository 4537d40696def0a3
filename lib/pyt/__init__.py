"""Threads in your hands: run functions under schedules that you choose.

The interpreter `pyt` provides what is behind this package; no other can.
"""
