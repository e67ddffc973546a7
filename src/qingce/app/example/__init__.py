"""The packaged example campaign: the fictional city 云泽市, every number 示例数据. 示例工程."""

from qingce.app.example.campaign import write_example

__all__ = ["write_example"]
