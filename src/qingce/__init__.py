"""qingce 青策: from the sentence in the plan, to the sensor reading, to the score, and back."""

__all__ = ["__version__"]

__version__ = "0.2.0"
