"""The measured figures: `python -m bench` prints them, as ratios where two things are compared.

What is compared runs in turns in the same minutes on the same machine, and medians are shown.
Nothing here is a test: a slow machine fails nothing, it only prints "not met".
"""
